"""Use cases of the platform itself: it offers a case to readers, and widens the circle."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.sla import Audience, Sla, find_step_due
from app.cases.domain.states import CaseAction, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.policy import CaseToRead, Circle, Decision, decide
from app.dispatch.events import CaseNominated, NobodyOnGuard

_CIRCLES = {Audience.ON_GUARD: Circle.ON_GUARD, Audience.BACKUP: Circle.BACKUP}


async def nominate(
    session: AsyncSession, case_id: int, *, cause: str, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Decide who should read a case, offer it to them, and keep the decision.

    Returns
    -------
    None
        When the case is no longer open or nominated: somebody was quicker.
    """
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in {CaseState.OPEN, CaseState.NOMINATED}:
        return None
    sla = await cases.get_sla(session, case_id)
    decision, decision_id = await decide_for(
        session, case, sla=sla, circle=Circle.NEAREST, cause=cause, now=now
    )
    if not decision.nominees:
        return NobodyOnGuard(case_id=case_id)
    await _offer(
        session, case, decision, decision_id=decision_id, action=CaseAction.NOMINATE, now=now
    )
    first = await case_service.find_first_nomination(session, case_id) or now
    await cases.change(
        session,
        case_id,
        dispatch_due_at=None,
        step_due_at=find_step_due(sla, done=case.step, nominated_at=first),
    )
    return CaseNominated(case_id=case_id, radiologist_ids=decision.nominees)


async def take_step(session: AsyncSession, case_id: int, *, now: datetime) -> CaseNominated | None:
    """Widen the circle of a case that nobody has claimed by its step's due instant.

    A step that reaches nobody new is not waited for: the next one is due at once.
    """
    case = await cases.lock_case(session, case_id)
    due = case.step_due_at
    if CaseState(case.state) is not CaseState.NOMINATED or due is None or due > now:
        return None
    sla = await cases.get_sla(session, case_id)
    step = sla.steps[case.step]
    first = await case_service.find_first_nomination(session, case_id) or now
    reached: tuple[int, ...] = ()
    if step.audience in _CIRCLES:
        reached = await _widen(session, case, sla, audience=step.audience, now=now)
    next_due = find_step_due(sla, done=case.step + 1, nominated_at=first)
    skipped = not reached and step.audience is not Audience.HOSPITAL
    await cases.change(
        session,
        case_id,
        step=case.step + 1,
        step_due_at=now if skipped and next_due is not None else next_due,
    )
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.WIDENED,
        now=now,
        by_user_id=None,
        reason=step.audience.value,
        detail={"step": case.step + 1, "reached": list(reached)},
    )
    return CaseNominated(case_id=case_id, radiologist_ids=reached) if reached else None


async def _widen(
    session: AsyncSession, case: Case, sla: Sla, *, audience: Audience, now: datetime
) -> tuple[int, ...]:
    decision, decision_id = await decide_for(
        session, case, sla=sla, circle=_CIRCLES[audience], cause=f"step {audience.value}", now=now
    )
    standing = await repository.list_nominees(session, case.id)
    fresh = tuple(each for each in decision.nominees if each not in standing)
    if fresh:
        await _offer(
            session, case, decision, decision_id=decision_id, action=CaseAction.WIDEN, now=now
        )
    return fresh


async def decide_for(
    session: AsyncSession, case: Case, *, sla: Sla, circle: Circle, cause: str, now: datetime
) -> tuple[Decision, int]:
    """Decide for a case, and keep the decision with its inputs; gives its id too."""
    to_read = CaseToRead(
        case_id=case.id,
        priority=case.priority,
        signed_due_at=case.signed_due_at,
        readers_at_once=sla.readers_at_once,
    )
    readers = await repository.list_readers(session, case=case, now=now)
    decision = decide(to_read, readers=readers, circle=circle, now=now)
    first = await case_service.find_first_nomination(session, case.id) or now
    decision_id = await repository.add_decision(
        session,
        case=to_read,
        readers=readers,
        decision=decision,
        cause=cause,
        next_deadline=find_step_due(sla, done=case.step, nominated_at=first),
        now=now,
    )
    return decision, decision_id


async def _offer(
    session: AsyncSession,
    case: Case,
    decision: Decision,
    *,
    decision_id: int,
    action: CaseAction,
    now: datetime,
) -> None:
    standing = await repository.list_nominees(session, case.id)
    if action is CaseAction.NOMINATE:
        await repository.end_nominations(
            session, case_id=case.id, reason="nominated others", now=now, keep=decision.nominees
        )
    await repository.add_nominations(
        session,
        case_id=case.id,
        radiologist_ids=[each for each in decision.nominees if each not in standing],
        decision_id=decision_id,
        now=now,
    )
    await cases.move(
        session,
        case.id,
        action=action,
        now=now,
        by_user_id=None,
        reason=f"{len(decision.nominees)} of {decision.circle.value}",
    )
