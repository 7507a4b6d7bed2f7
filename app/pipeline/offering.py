"""When a case is due, it is offered, and its images go to those it is offered to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import try_lock, wait_for_lock
from app.db.notify import WORK, notify
from app.delivery import service as delivery
from app.dispatch import service as dispatch
from app.dispatch.events import CaseNominated, CaseWidened, ClaimOpened, NobodyOnGuard
from app.dispatch.service.notification import notify_readers
from app.kit.clock import read_monotonic_s
from app.pipeline.watching import claim_ended, tell_watchers
from app.planning.events import CalledToSite, PlanningPublished

DECIDING = "dispatch"
"""The advisory lock of whoever decides: two would both see the same reader idle."""
LONGEST_S = 0.25
"""No longer is it held, give or take a few cases: the next P1 waits for it, and so does everybody
who publishes, says that a centre is down or takes over a guard."""


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


async def offer_all(session: AsyncSession, case_ids: Sequence[int], *, now: datetime) -> None:
    """Offer some cases at once, in their order, as long as whoever decides may take.

    The rest is left to the job of dispatch, which is woken in any case: they are committed, and
    seen, meanwhile.
    """
    if not case_ids or not await try_lock(session, DECIDING):
        return
    ends_s = read_monotonic_s() + LONGEST_S
    for case_id in case_ids:
        await case_due(session, case_id, now=now)
        if read_monotonic_s() >= ends_s:
            return


async def case_due(session: AsyncSession, case_id: int, *, now: datetime) -> bool:
    """When a case is due, it is offered, its circle widened, or its claim looked at.

    Returns
    -------
    bool
        Whether anybody was nominated.
    """
    offered = await dispatch.nominate_due(session, case_id, now=now)
    if isinstance(offered, CaseNominated):
        return await case_offered(session, offered, now=now)
    widened = await dispatch.take_step(session, case_id, now=now)
    is_wider = widened is not None and await case_widened(session, widened, now=now)
    # A step that reached nobody new still calls those who were asked before, and have not seen it.
    await notify_readers(session, case_id, now=now)
    if widened is not None:
        return is_wider
    watched = [
        await claim_watched(session, event, now=now)
        for event in await dispatch.watch(session, case_id, now=now)
    ]
    return any(watched)


async def case_widened(session: AsyncSession, event: CaseWidened, *, now: datetime) -> bool:
    """When a case is widened, more centres get its images; at the end the hospital is told."""
    if event.tells_hospital:
        await delivery.tell_hospital(session, event.case_id, now=now)
    offered = CaseNominated(case_id=event.case_id, radiologist_ids=event.radiologist_ids)
    return await case_offered(session, offered if event.radiologist_ids else None, now=now)


async def claim_watched(session: AsyncSession, event: dispatch.Watched, *, now: datetime) -> bool:
    """When a claim runs out, somebody is asked; in the end the case is offered to others."""
    if not isinstance(event, ClaimOpened):
        await tell_watchers(session, event, now=now)
        return False
    await claim_ended(session, event.case_id, outcome="opened to others", now=now)
    offered = await dispatch.nominate(session, event.case_id, cause="opened", now=now)
    return await case_offered(session, offered, now=now)


async def offer_again(session: AsyncSession, case_id: int, *, cause: str, now: datetime) -> None:
    """When a case has left its reader, it is offered to others at once, by whoever decides."""
    if await try_lock(session, DECIDING):
        offered = await dispatch.nominate(session, case_id, cause=cause, now=now)
        await case_offered(session, offered, now=now)
    await wake_dispatch(session)


async def case_offered(
    session: AsyncSession, event: CaseNominated | NobodyOnGuard | None, *, now: datetime
) -> bool:
    """When a case is offered, its images go to the centres of its nominees, who are told."""
    if not isinstance(event, CaseNominated):
        return False
    await delivery.send_to_readers(session, event.case_id, now=now)
    await notify_readers(session, event.case_id, now=now)
    return True


async def planning_published(session: AsyncSession, event: PlanningPublished) -> None:
    """When those on guard change, what was offered to who left is offered to others at once."""
    if event.concerns_now:
        # While nobody decides: else each could wait for a case that the other holds.
        waited = await wait_for_lock(session, DECIDING)
        await dispatch.look_again(session, event.radiologist_ids, now=event.at + waited)
        await wake_dispatch(session)


async def called_to_site(session: AsyncSession, event: CalledToSite) -> None:
    """When somebody is called to their site, what is offered to them goes to others at once."""
    waited = await wait_for_lock(session, DECIDING)
    await dispatch.look_again(session, [event.radiologist_id], now=event.at + waited)
    await wake_dispatch(session)
