"""When a case is due, it is offered, and its images go to those it is offered to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.locks import try_lock, wait_for_lock
from app.db.notify import WORK, notify
from app.delivery import service as delivery
from app.dispatch import repository as offers
from app.dispatch import service as dispatch
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.planning.events import PlanningPublished

DECIDING = "dispatch"
"""The advisory lock of whoever decides: two would both see the same reader idle."""


async def wake_dispatch(session: AsyncSession) -> None:
    """Let the job of dispatch look again once this transaction is committed."""
    await notify(session, channel=WORK, payload="dispatch")


async def offer_at_once(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Offer a case that is due in the transaction that made it so: one look then shows all of it.

    Only one decides at a time: when another does now, it is left to the job of dispatch, which is
    woken in any case.
    """
    if await try_lock(session, DECIDING):
        await case_due(session, case_id, now=now)


async def case_due(session: AsyncSession, case_id: int, *, now: datetime) -> bool:
    """When a case is due, it is offered to readers, or its circle is widened.

    Returns
    -------
    bool
        Whether anybody was nominated.
    """
    offered = await dispatch.nominate_due(session, case_id, now=now)
    if offered is None:
        offered = await dispatch.take_step(session, case_id, now=now)
    return await case_offered(session, offered, now=now)


async def case_offered(
    session: AsyncSession, event: CaseNominated | NobodyOnGuard | None, *, now: datetime
) -> bool:
    """When a case is offered, its images go to the centres of those it is offered to."""
    if not isinstance(event, CaseNominated):
        return False
    await delivery.plan_images(
        session, case_id=event.case_id, radiologist_ids=event.radiologist_ids, now=now
    )
    return True


async def send_to_readers(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """When a case has other studies, all of them go to those who read it, or are asked to."""
    readers = set(await offers.list_nominees(session, case_id))
    reader_id = (await cases.get_case(session, case_id)).reader_id
    if reader_id is not None:
        readers.add(reader_id)
    await delivery.plan_images(session, case_id=case_id, radiologist_ids=sorted(readers), now=now)


async def planning_published(session: AsyncSession, event: PlanningPublished) -> None:
    """When those on guard change, what was offered to who left is offered to others at once."""
    if event.concerns_now:
        # While nobody decides: else each could wait for a case that the other holds.
        await wait_for_lock(session, DECIDING)
        await dispatch.look_again(session, event.radiologist_ids, now=event.at)
        await wake_dispatch(session)
