"""When a case is due, it is offered, and its images go to those it is offered to."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.db.locks import try_lock, wait_for_lock
from app.db.notify import WORK, notify
from app.delivery import service as delivery
from app.dispatch import service as dispatch
from app.dispatch.domain.turns import KINDS
from app.dispatch.events import CaseNominated, CaseWidened, ClaimOpened, NobodyOnGuard
from app.dispatch.service.notification import notify_all_readers, notify_readers
from app.kit.clock import read_monotonic_s
from app.pipeline.watching import claim_ended, tell_watchers
from app.planning.events import CalledToSite, PlanningPublished

DECIDING = "dispatch"
"""The advisory lock of whoever decides: two would both see the same reader idle."""
LONGEST_S = 0.25
"""No longer is it held, give or take a few cases: the next P1 waits for it, and so does everybody
who publishes, says that a centre is down or takes over a guard."""
Item = TypeVar("Item")
_TOGETHER = 10
"""So many, at most, are offered together; what they are is written in one statement."""


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
    """Offer those of some cases that are due, the most urgent first, as long as one may decide.

    The rest is left to the job of dispatch, which is woken in any case: they are committed, and
    seen, meanwhile.
    """
    if not case_ids or not await try_lock(session, DECIDING):
        return
    locked = await cases.try_lock_cases(session, case_ids)
    due = [each for each in locked if each.dispatch_due_at and each.dispatch_due_at <= now]
    guard = dispatch.GuardSeen(now=now)
    for part in take_parts(sorted(due, key=lambda each: each.priority)):
        await cases_due(session, part, guard=guard, now=now)


def take_parts(found: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Give cases in parts that are decided together, as long as whoever decides may take.

    First one of each kind; then as many as the time that is left suffices for, by what those before
    took.
    """
    begun_s = read_monotonic_s()
    taken, at_once = 0, KINDS
    while taken < len(found):
        yield found[taken : taken + at_once]
        taken += at_once
        spent_s = read_monotonic_s() - begun_s
        if spent_s >= LONGEST_S:
            return
        in_time = (LONGEST_S - spent_s) / max(spent_s, 0.001) * taken
        at_once = max(1, min(_TOGETHER, int(in_time)))


async def case_due(session: AsyncSession, case_id: int, *, now: datetime) -> bool:
    """When a case is due, it is offered, its circle widened, or its claim looked at.

    Returns
    -------
    bool
        Whether anybody was nominated.
    """
    locked = await cases.lock_case(session, case_id)
    guard = dispatch.GuardSeen(now=now)
    return case_id in await cases_due(session, [locked], guard=guard, now=now)


async def cases_due(
    session: AsyncSession,
    locked: Collection[Case],
    *,
    guard: dispatch.GuardSeen,
    now: datetime,
) -> set[int]:
    """When cases are due, they are offered all at once; then the others are looked at.

    Parameters
    ----------
    locked
        By this transaction, and as they stand now.
    guard
        What was seen of it before; what is read and offered meanwhile is known to it.

    Returns
    -------
    set
        The cases for which anybody was nominated.
    """
    found = await dispatch.nominate_all_due(session, locked, guard=guard, now=now)
    offered = {each for each, event in found.items() if isinstance(event, CaseNominated)}
    await _tell_offered(session, offered, now=now)
    for case in locked:
        if case.id in offered:
            continue
        # Whom nobody could be found for has changed since.
        current = await cases.get_case(session, case.id) if case.id in found else case
        if await _look(session, current, guard=guard, now=now):
            offered.add(case.id)
    return offered


async def _look(
    session: AsyncSession, case: Case, *, guard: dispatch.GuardSeen, now: datetime
) -> bool:
    """Widen the circle of a case that is not offered anew, or look at its claim."""
    if CaseState(case.state) is CaseState.READING:
        events = await dispatch.watch(session, case.id, now=now)
        return any([await claim_watched(session, each, guard=guard, now=now) for each in events])
    widened = await dispatch.take_due_steps(session, case, guard=guard, now=now)
    if widened is not None and await case_widened(session, widened, now=now):
        return True
    # A step that reached nobody new still calls those who were asked before, and have not seen it.
    await notify_readers(session, case.id, now=now)
    return False


async def case_widened(session: AsyncSession, event: CaseWidened, *, now: datetime) -> bool:
    """When a case is widened, more centres get its images; at the end the hospital is told."""
    if event.tells_hospital:
        await delivery.tell_hospital(session, event.case_id, now=now)
    offered = CaseNominated(case_id=event.case_id, radiologist_ids=event.radiologist_ids)
    return await case_offered(session, offered if event.radiologist_ids else None, now=now)


async def claim_watched(
    session: AsyncSession, event: dispatch.Watched, *, guard: dispatch.GuardSeen, now: datetime
) -> bool:
    """When a claim runs out, somebody is asked; in the end the case is offered to others."""
    if not isinstance(event, ClaimOpened):
        await tell_watchers(session, event, now=now)
        return False
    await claim_ended(session, event.case_id, outcome="opened to others", now=now)
    offered = await dispatch.nominate(session, event.case_id, cause="opened", now=now, guard=guard)
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
    await _tell_offered(session, [event.case_id], now=now)
    return True


async def _tell_offered(session: AsyncSession, case_ids: Collection[int], *, now: datetime) -> None:
    if case_ids:
        await delivery.send_all_to_readers(session, case_ids, now=now)
        await notify_all_readers(session, case_ids, now=now)


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
