"""Use cases of the platform itself: it offers a case to readers."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.sla import Sla
from app.cases.domain.states import UNCLAIMED, CaseAction, CaseState
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.circles import find_circle
from app.dispatch.domain.policy import RETRY
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.dispatch.service.clocks import find_next_step
from app.dispatch.service.weighing import Weighing, keep, weigh


async def nominate_due(
    session: AsyncSession, case_id: int, *, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Nominate a case if it is still due: never yet offered, or all nominees are off guard."""
    case = await cases.lock_case(session, case_id)
    if case.dispatch_due_at is None or case.dispatch_due_at > now:
        return None
    if case.signed_due_at is None:
        # There is nothing to offer: its first image makes it due again.
        await cases.change(session, case_id, dispatch_due_at=None)
        return None
    return await _nominate(session, case, cause=case.dispatch_cause or "due", now=now)


async def nominate(
    session: AsyncSession, case_id: int, *, cause: str, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Decide who should read a case, offer it to them, and keep the decision.

    Returns
    -------
    None
        When the case is no longer open or nominated: somebody was quicker; or has no image yet.
    """
    return await _nominate(session, await cases.lock_case(session, case_id), cause=cause, now=now)


async def _nominate(
    session: AsyncSession, case: Case, *, cause: str, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    if CaseState(case.state) not in UNCLAIMED or case.signed_due_at is None:
        return None
    sla = await cases.get_sla(session, case.id)
    circle = find_circle(sla, done=case.step)
    weighing = await weigh(session, case, sla=sla, circle=circle, cause=cause, now=now)
    if not weighing.decision.nominees:
        return await _wait_for_anybody(session, case, weighing, sla=sla, now=now)
    decision_id = await keep(session, weighing, now=now)
    await ask_others(session, weighing, decision_id=decision_id, now=now)
    await move_offered(
        session,
        weighing,
        action=CaseAction.NOMINATE,
        now=now,
        dispatch_due_at=weighing.guard_ends,
        dispatch_cause=None,
        expected_read_s=weighing.expected_read_s,
        step_due_at=await find_next_step(
            session,
            case,
            sla=sla,
            done=case.step,
            now=now,
            expected_read=weighing.expected_read,
            begins_now=CaseState(case.state) is CaseState.OPEN,
        ),
    )
    return CaseNominated(case_id=case.id, radiologist_ids=weighing.decision.nominees)


async def ask_others(
    session: AsyncSession, weighing: Weighing, *, decision_id: int, now: datetime
) -> None:
    """Ask those whom a decision names, and nobody else any more; who was asked stays asked."""
    case_id, nominees = weighing.case.case_id, weighing.decision.nominees
    standing = await repository.list_nominees(session, case_id)
    if standing.difference(nominees):
        await repository.end_nominations(
            session, case_id=case_id, reason="nominated others", now=now, keep=nominees
        )
    await repository.add_nominations(
        session,
        case_id=case_id,
        radiologist_ids=[each for each in nominees if each not in standing],
        decision_id=decision_id,
        now=now,
    )


async def _wait_for_anybody(
    session: AsyncSession, case: Case, weighing: Weighing, *, sla: Sla, now: datetime
) -> NobodyOnGuard:
    known = await repository.list_decisions(session, case.id)
    # The same answer every few seconds is no news: only the first one is kept.
    if not known or known[-1].ranking["nominees"]:
        await keep(session, weighing, now=now)
    # Who left guard answers for it no more, and that they had seen it stops no clock.
    await repository.end_nominations(session, case_id=case.id, reason="left guard", now=now)
    await cases.change(
        session,
        case.id,
        dispatch_due_at=now + RETRY,
        dispatch_cause=None,
        # Its steps run on: they reach nobody, and the last one tells the hospital.
        expected_read_s=weighing.expected_read_s,
        step_due_at=await find_next_step(
            session,
            case,
            sla=sla,
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


async def move_offered(
    session: AsyncSession,
    weighing: Weighing,
    *,
    action: CaseAction,
    now: datetime,
    **columns: object,
) -> None:
    """Move a case that is offered to those whom a decision names."""
    decision = weighing.decision
    await cases.move(
        session,
        weighing.case.case_id,
        action=action,
        now=now,
        by_user_id=None,
        reason=f"{len(decision.nominees)} of {decision.circle.value}",
        **columns,
    )
