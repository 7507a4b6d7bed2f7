"""Use cases of the platform itself: it widens the circle of a case that nobody takes."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.sla import Audience, Step
from app.cases.domain.states import UNCLAIMED, CaseAction, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.circles import CIRCLES
from app.dispatch.events import CaseWidened
from app.dispatch.repository.waiting import Unclaimed
from app.dispatch.service.clocks import find_next_step
from app.dispatch.service.nominations import end_others, write_reason
from app.dispatch.service.on_guard import GuardSeen
from app.dispatch.service.weighing import Weighing, weigh


async def take_due_steps(
    session: AsyncSession, case: Case, *, guard: GuardSeen, now: datetime
) -> CaseWidened | None:
    """Take every step that is due of a locked case that nobody has claimed.

    A step that reaches nobody new is not waited for: the next one is taken at once.

    Returns
    -------
    None
        When nobody is asked who was not before, and the hospital need not be told: no step was due,
        or somebody has seen the case meanwhile.
    """
    woken = case.step_due_at
    if CaseState(case.state) not in UNCLAIMED or woken is None or woken > now:
        return None
    unclaimed = await repository.find_unclaimed(session, case.id)
    taking = _Taking(case=case, guard=guard, unclaimed=unclaimed, now=now)
    steps, done = unclaimed.sla.steps, case.step
    due = taking.find_due(done)
    while due is not None and due <= now:
        done += 1
        is_skipped = not await _take_one(session, taking, steps[done - 1], number=done)
        due = taking.find_due(done)
        due = now if due is not None and is_skipped else due
    await cases.change(session, case.id, step=done, step_due_at=due)
    if not taking.reached and not taking.tells_hospital:
        return None
    return CaseWidened(
        case_id=case.id,
        radiologist_ids=tuple(taking.reached),
        tells_hospital=taking.tells_hospital,
    )


async def widen_to_backup(
    session: AsyncSession, case_id: int, *, called: Container[int], now: datetime
) -> CaseWidened | None:
    """Take the steps of a case up to the backup line before they are due, as somebody asked for it.

    Parameters
    ----------
    called
        Radiologists who are to come.

    Returns
    -------
    None
        When none of them would be asked who was not before, or somebody else has the case in hand:
        then its steps are left for when they are due.
    """
    # Whoever decides waits for nobody: others wait for them.
    if not await cases.try_lock_case(session, case_id):
        return None
    case = await cases.lock_case(session, case_id)
    unclaimed = await repository.find_unclaimed(session, case_id)
    steps = unclaimed.sla.steps
    audiences = [step.audience for step in steps]
    if CaseState(case.state) not in UNCLAIMED or Audience.BACKUP not in audiences[case.step :]:
        return None
    taking = _Taking(case=case, guard=GuardSeen(now=now), unclaimed=unclaimed, now=now)
    taking.unclaimed = (await taking.guard.see(session, [case]))[case_id]
    _, fresh = _weigh_fresh(taking, audience=Audience.BACKUP)
    if not any(each in called for each in fresh):
        return None
    last = audiences.index(Audience.BACKUP)
    for number in range(case.step, last + 1):
        await _take_one(session, taking, steps[number], number=number + 1)
    due = taking.find_due(last + 1)
    await cases.change(session, case_id, step=last + 1, step_due_at=due)
    return CaseWidened(case_id=case_id, radiologist_ids=tuple(taking.reached), tells_hospital=False)


@dataclass(slots=True, kw_only=True)
class _Taking:
    """The steps of a case that are taken at one instant, and what they have reached."""

    case: Case
    guard: GuardSeen
    unclaimed: Unclaimed
    """How the case stands after the last of them."""
    now: datetime
    reached: list[int] = field(default_factory=list)
    tells_hospital: bool = False

    def find_due(self, done: int) -> datetime | None:
        """Say when the step after so many is due."""
        return find_next_step(self.case, unclaimed=self.unclaimed, done=done, now=self.now)


async def _take_one(session: AsyncSession, taking: _Taking, step: Step, *, number: int) -> bool:
    """Take a step, and tell whether it reaches anybody."""
    reached: tuple[int, ...] = ()
    if step.audience in CIRCLES:
        reached = await _widen(session, taking, audience=step.audience)
    taking.reached.extend(reached)
    taking.tells_hospital |= step.audience is Audience.HOSPITAL
    await cases.add_event(
        session,
        case_id=taking.case.id,
        kind=EventKind.WIDENED,
        now=taking.now,
        by_user_id=None,
        reason=step.audience.value,
        detail={"step": number, "reached": list(reached)},
    )
    return bool(reached) or step.audience is Audience.HOSPITAL


async def _widen(session: AsyncSession, taking: _Taking, *, audience: Audience) -> tuple[int, ...]:
    case, now = taking.case, taking.now
    taking.unclaimed = (await taking.guard.see(session, [case]))[case.id]
    weighing, fresh = _weigh_fresh(taking, audience=audience)
    if not fresh:
        return ()
    decision_id = await repository.add_decision(session, weighing.decided, now=now)
    action, nominees = CaseAction.WIDEN, {*taking.unclaimed.nominees, *fresh}
    if CaseState(case.state) is CaseState.OPEN and not taking.reached:
        # Somebody came on guard since it could be offered to nobody.
        action, nominees = CaseAction.NOMINATE, set(weighing.decision.nominees)
        await end_others(session, case.id, taking.unclaimed, nominees=nominees, now=now)
    await repository.add_nominations(
        session, case_id=case.id, radiologist_ids=fresh, decision_id=decision_id, now=now
    )
    await cases.move(
        session, case.id, action=action, now=now, by_user_id=None, reason=write_reason(weighing)
    )
    taking.guard.note_offered(case, nominees)
    taking.unclaimed = await repository.find_unclaimed(session, case.id)
    return fresh


def _weigh_fresh(taking: _Taking, *, audience: Audience) -> tuple[Weighing, tuple[int, ...]]:
    """Weigh who should be asked at a step, and say who of them was not."""
    unclaimed = taking.unclaimed
    weighing = weigh(
        taking.case,
        unclaimed=unclaimed,
        on_guard=taking.guard.describe(taking.case, unclaimed),
        circle=CIRCLES[audience],
        cause=f"step {audience}",
        now=taking.now,
    )
    nominees = weighing.decision.nominees
    return weighing, tuple(each for each in nominees if each not in unclaimed.nominees)
