"""Use cases of the platform itself: it offers a case to readers."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import UNCLAIMED, CaseAction, CaseState
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.circles import find_circle
from app.dispatch.domain.policy import RETRY
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.dispatch.repository.offering import Offer
from app.dispatch.repository.waiting import Unclaimed
from app.dispatch.service.clocks import find_next_step
from app.dispatch.service.on_guard import GuardSeen
from app.dispatch.service.weighing import Weighing, weigh

Offered = CaseNominated | NobodyOnGuard


async def nominate_all_due(
    session: AsyncSession, locked: Iterable[Case], *, guard: GuardSeen, now: datetime
) -> dict[int, Offered]:
    """Nominate those of some cases that are due, one after the other.

    Returns
    -------
    dict
        What came of it, by case; one that is not due, or taken, or has no image, is not in it.
    """
    due = {
        case: case.dispatch_cause or "due"
        for case in locked
        if case.dispatch_due_at is not None and case.dispatch_due_at <= now
    }
    for case in due:
        if case.signed_due_at is None:
            # There is nothing to offer: its first image makes it due again.
            await cases.change(session, case.id, dispatch_due_at=None)
    return await _nominate(session, due, guard=guard, now=now)


async def nominate(
    session: AsyncSession,
    case_id: int,
    *,
    cause: str,
    now: datetime,
    guard: GuardSeen | None = None,
) -> Offered | None:
    """Decide who should read a case, offer it to them, and keep the decision.

    Parameters
    ----------
    guard
        As whoever decides for other cases too has seen it; nothing: it is read.

    Returns
    -------
    None
        When the case is no longer open or nominated: somebody was quicker; or has no image yet.
    """
    case = await cases.lock_case(session, case_id)
    view = guard or GuardSeen(now=now)
    offered = await _nominate(session, {case: cause}, guard=view, now=now)
    return offered.get(case_id)


async def _nominate(
    session: AsyncSession, causes: Mapping[Case, str], *, guard: GuardSeen, now: datetime
) -> dict[int, Offered]:
    due = [
        case
        for case in causes
        if CaseState(case.state) in UNCLAIMED and case.signed_due_at is not None
    ]
    if not due:
        return {}
    unclaimed = await guard.see(session, due)
    found: dict[int, Offered] = {}
    offers: list[Offer] = []
    for case in due:
        weighing = weigh(
            case,
            unclaimed=unclaimed[case.id],
            on_guard=guard.describe(case, unclaimed[case.id]),
            circle=find_circle(unclaimed[case.id].sla, done=case.step),
            cause=causes[case],
            now=now,
        )
        nominees = weighing.decision.nominees
        guard.note_offered(case, nominees)
        if nominees:
            offers.append(await _offer(session, case, weighing, unclaimed[case.id], now=now))
            found[case.id] = CaseNominated(case_id=case.id, radiologist_ids=nominees)
        else:
            found[case.id] = await _wait_for_anybody(session, case, weighing, now=now)
    if offers:
        await repository.add_offers(session, offers, now=now)
    return found


async def _offer(
    session: AsyncSession, case: Case, weighing: Weighing, unclaimed: Unclaimed, *, now: datetime
) -> Offer:
    """Take the case back from who is asked no more, and say what is written of its offer."""
    nominees = weighing.decision.nominees
    await end_others(session, case.id, unclaimed, nominees=nominees, now=now)
    return Offer(
        decided=weighing.decided,
        fresh=tuple(each for each in nominees if each not in unclaimed.nominees),
        reason=write_reason(weighing),
        dispatch_due_at=weighing.guard_ends,
        expected_read_s=weighing.expected_read_s,
        kind=weighing.on_guard.kind,
        step_due_at=find_next_step(
            case,
            unclaimed=unclaimed.ask(nominees, now=now),
            done=case.step,
            now=now,
            expected_read=weighing.expected_read,
            begins_now=CaseState(case.state) is CaseState.OPEN,
        ),
    )


async def end_others(
    session: AsyncSession,
    case_id: int,
    unclaimed: Unclaimed,
    *,
    nominees: Collection[int],
    now: datetime,
) -> None:
    """Ask nobody else any more than those whom a decision names; who was asked stays asked."""
    if unclaimed.nominees.keys() - set(nominees):
        await repository.end_nominations(
            session, case_id=case_id, reason="nominated others", now=now, keep=nominees
        )


async def _wait_for_anybody(
    session: AsyncSession, case: Case, weighing: Weighing, *, now: datetime
) -> NobodyOnGuard:
    known = await repository.list_decisions(session, case.id)
    # The same answer every few seconds is no news: only the first one is kept.
    if not known or known[-1].ranking["nominees"]:
        await repository.add_decision(session, weighing.decided, now=now)
    # Who left guard answers for it no more, and that they had seen it stops no clock.
    await repository.end_nominations(session, case_id=case.id, reason="left guard", now=now)
    unclaimed = await repository.find_unclaimed(session, case.id)
    await cases.change(
        session,
        case.id,
        dispatch_due_at=now + RETRY,
        dispatch_cause=None,
        # Its steps run on: they reach nobody, and the last one tells the hospital.
        expected_read_s=weighing.expected_read_s,
        step_due_at=find_next_step(
            case,
            unclaimed=unclaimed,
            done=case.step,
            now=now,
            expected_read=weighing.expected_read,
        ),
    )
    return NobodyOnGuard(case_id=case.id)


async def nominate_by_hand(
    session: AsyncSession,
    case_id: int,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    **columns: object,
) -> None:
    """Move a case to `nominated` because a person said to whom it goes."""
    values: dict[str, object] = {
        "dispatch_due_at": None,
        "dispatch_cause": None,
        "step_due_at": None,
    }
    await cases.move(
        session,
        case_id,
        action=CaseAction.NOMINATE,
        now=now,
        by_user_id=actor.user_id,
        reason=reason,
        **(values | columns),
    )


def write_reason(weighing: Weighing) -> str:
    """Say on the timeline to whom a decision offers its case."""
    decision = weighing.decision
    return f"{len(decision.nominees)} of {decision.circle.value}"
