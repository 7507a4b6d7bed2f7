"""Use cases of the platform itself: it offers a case to readers, and widens the circle."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.sla import Audience, Sla, find_step_due
from app.cases.domain.states import CaseAction, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.policy import CaseToRead, Circle, Decision, Reader, decide
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.kit.errors import Conflict

_CIRCLES = {Audience.ON_GUARD: Circle.ON_GUARD, Audience.BACKUP: Circle.BACKUP}
_NOMINABLE = frozenset({CaseState.OPEN, CaseState.NOMINATED})
_RETRY = timedelta(seconds=15)
"""How soon a case for which nobody is on guard is decided again."""


class AwaitsImages(Conflict):
    """There is nothing to read in the case yet."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"case {case_id} waits for its images: it is offered when the first comes")
        self.case_id = case_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """A decision about a case with all that went into it, not yet written."""

    case: CaseToRead
    readers: tuple[Reader, ...]
    decision: Decision
    cause: str
    next_deadline: datetime | None

    @property
    def guard_ends(self) -> datetime | None:
        """When the last of the nominees goes off guard."""
        nominees = set(self.decision.nominees)
        return max(
            (each.guard.end for each in self.readers if each.radiologist_id in nominees),
            default=None,
        )


async def nominate_due(
    session: AsyncSession, case_id: int, *, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Nominate a case if it is still due: never yet offered, or all nominees are off guard."""
    case = await cases.lock_case(session, case_id)
    if case.dispatch_due_at is None or case.dispatch_due_at > now:
        return None
    return await nominate(session, case_id, cause="due", now=now)


async def nominate(
    session: AsyncSession, case_id: int, *, cause: str, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Decide who should read a case, offer it to them, and keep the decision.

    Returns
    -------
    None
        When the case is no longer open or nominated: somebody was quicker; or has no image yet.
    """
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in _NOMINABLE or case.signed_due_at is None:
        return None
    sla = await cases.get_sla(session, case_id)
    circle = _circle_after(sla, done=case.step)
    weighing = await weigh(session, case, sla=sla, circle=circle, cause=cause, now=now)
    if not weighing.decision.nominees:
        return await _wait_for_anybody(session, case, weighing, now=now)
    decision_id = await keep(session, weighing, now=now)
    await _offer(session, weighing, decision_id=decision_id, action=CaseAction.NOMINATE, now=now)
    since = await case_service.find_unclaimed_since(session, case_id) or now
    await cases.change(
        session,
        case_id,
        dispatch_due_at=weighing.guard_ends,
        step_due_at=find_step_due(sla, done=case.step, nominated_at=since),
    )
    return CaseNominated(case_id=case_id, radiologist_ids=weighing.decision.nominees)


def _circle_after(sla: Sla, *, done: int) -> Circle:
    """Say how far a case is offered anew: a step that was taken is never taken back."""
    reached = [_CIRCLES[step.audience] for step in sla.steps[:done] if step.audience in _CIRCLES]
    return reached[-1] if reached else Circle.NEAREST


async def _wait_for_anybody(
    session: AsyncSession, case: Case, weighing: Weighing, *, now: datetime
) -> NobodyOnGuard:
    known = await repository.list_decisions(session, case.id)
    # The same answer every few seconds is no news: only the first one is kept.
    if not known or known[-1].ranking["nominees"]:
        await keep(session, weighing, now=now)
    await cases.change(session, case.id, dispatch_due_at=now + _RETRY)
    return NobodyOnGuard(case_id=case.id)


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
    reached: tuple[int, ...] = ()
    if step.audience in _CIRCLES:
        reached = await _widen(session, case, sla, audience=step.audience, now=now)
    since = await case_service.find_unclaimed_since(session, case_id) or now
    next_due = find_step_due(sla, done=case.step + 1, nominated_at=since)
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
    weighing = await weigh(
        session, case, sla=sla, circle=_CIRCLES[audience], cause=f"step {audience}", now=now
    )
    standing = await repository.list_nominees(session, case.id)
    fresh = tuple(each for each in weighing.decision.nominees if each not in standing)
    if fresh:
        decision_id = await keep(session, weighing, now=now)
        await _offer(session, weighing, decision_id=decision_id, action=CaseAction.WIDEN, now=now)
    return fresh


async def weigh(
    session: AsyncSession, case: Case, *, sla: Sla, circle: Circle, cause: str, now: datetime
) -> Weighing:
    """Read who is on guard, and decide.

    Raises
    ------
    AwaitsImages
        If no image has come yet.
    """
    if case.signed_due_at is None:
        raise AwaitsImages(case.id)
    to_read = CaseToRead(
        case_id=case.id,
        priority=case.priority,
        signed_due_at=case.signed_due_at,
        readers_at_once=sla.readers_at_once,
        owner_id=case.owner_id,
    )
    readers = await repository.list_readers(session, case=case, now=now)
    since = await case_service.find_unclaimed_since(session, case.id) or now
    return Weighing(
        case=to_read,
        readers=tuple(readers),
        decision=decide(to_read, readers=readers, circle=circle, now=now),
        cause=cause,
        next_deadline=find_step_due(sla, done=case.step, nominated_at=since),
    )


async def keep(session: AsyncSession, weighing: Weighing, *, now: datetime) -> int:
    """Write a decision, and give its id."""
    return await repository.add_decision(
        session,
        case=weighing.case,
        readers=weighing.readers,
        decision=weighing.decision,
        cause=weighing.cause,
        next_deadline=weighing.next_deadline,
        now=now,
    )


async def _offer(
    session: AsyncSession,
    weighing: Weighing,
    *,
    decision_id: int,
    action: CaseAction,
    now: datetime,
) -> None:
    case_id, decision = weighing.case.case_id, weighing.decision
    standing = await repository.list_nominees(session, case_id)
    if action is CaseAction.NOMINATE:
        await repository.end_nominations(
            session, case_id=case_id, reason="nominated others", now=now, keep=decision.nominees
        )
    await repository.add_nominations(
        session,
        case_id=case_id,
        radiologist_ids=[each for each in decision.nominees if each not in standing],
        decision_id=decision_id,
        now=now,
    )
    await cases.move(
        session,
        case_id,
        action=action,
        now=now,
        by_user_id=None,
        reason=f"{len(decision.nominees)} of {decision.circle.value}",
    )
