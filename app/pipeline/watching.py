"""When a claim is watched over: who must know, and until when."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.dispatch.events import ClaimLate, ReaderAsked, ReaderSilent
from app.tasks.domain.kinds import TaskKind

_ASKED = (TaskKind.STILL_READING, TaskKind.CLAIM_SILENT)


async def tell_watchers(
    session: AsyncSession,
    event: ReaderAsked | ReaderSilent | ClaimLate,
    *,
    now: datetime,
) -> None:
    """When a reader gives no sign, they are asked; when they do not answer, the coordinator."""
    kind = {
        ReaderAsked: TaskKind.STILL_READING,
        ReaderSilent: TaskKind.CLAIM_SILENT,
        ClaimLate: TaskKind.CLAIM_LATE,
    }[type(event)]
    detail: dict[str, object] = {}
    if not isinstance(event, ClaimLate):
        detail = {"since": event.since.isoformat(), "aside": event.is_aside}
    await cases.raise_case_task(
        session,
        kind,
        case_id=event.case_id,
        radiologist_id=event.radiologist_id,
        detail=detail,
        now=now,
    )


async def reader_answered(
    session: AsyncSession, case_id: int, *, outcome: str, now: datetime
) -> None:
    """When a reader answers, or the coordinator for them, nobody is asked about it any more."""
    await _settle(session, _ASKED, case_id, outcome=outcome, now=now)


async def claim_ended(session: AsyncSession, case_id: int, *, outcome: str, now: datetime) -> None:
    """When a case has left its reader, or is signed, nobody is asked about its claim any more."""
    await _settle(session, (*_ASKED, TaskKind.CLAIM_LATE), case_id, outcome=outcome, now=now)


async def _settle(
    session: AsyncSession,
    kinds: Iterable[TaskKind],
    case_id: int,
    *,
    outcome: str,
    now: datetime,
) -> None:
    for kind in kinds:
        await cases.settle_case_task(session, kind, case_id=case_id, outcome=outcome, now=now)
