"""One case decided by itself, as the job of dispatch does it in a batch."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.dispatch import service
from app.dispatch.events import CaseNominated, CaseWidened, NobodyOnGuard


async def nominate_due(
    session: AsyncSession, case_id: int, *, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Nominate a case if it is due."""
    case = await cases.lock_case(session, case_id)
    guard = service.GuardSeen(now=now)
    offered = await service.nominate_all_due(session, [case], guard=guard, now=now)
    return offered.get(case_id)


async def take_step(session: AsyncSession, case_id: int, *, now: datetime) -> CaseWidened | None:
    """Take the steps of a case that are due."""
    case = await cases.lock_case(session, case_id)
    guard = service.GuardSeen(now=now)
    return await service.take_due_steps(session, case, guard=guard, now=now)
