"""Use cases of the platform itself: it widens the circle of a case that nobody takes."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.sla import Audience, Sla, Step
from app.cases.domain.states import UNCLAIMED, CaseAction, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.circles import CIRCLES
from app.dispatch.events import CaseWidened
from app.dispatch.service.clocks import find_next_step
from app.dispatch.service.nominations import ask_others, move_offered
from app.dispatch.service.on_guard import OnGuard
from app.dispatch.service.weighing import Weighing, keep, weigh


async def take_step(session: AsyncSession, case_id: int, *, now: datetime) -> CaseWidened | None:
    """Take every step that is due of a case that nobody has claimed.

    A step that reaches nobody new is not waited for: the next one is taken at once.

    Returns
    -------
    None
        When nobody is asked who was not before, and the hospital need not be told: no step was due,
        or somebody has seen the case meanwhile.
    """
    case = await cases.lock_case(session, case_id)
    woken = case.step_due_at
    if CaseState(case.state) not in UNCLAIMED or woken is None or woken > now:
        return None
    sla = await cases.get_sla(session, case_id)
    done, taken = case.step, _Taken()
    due = await find_next_step(session, case, sla=sla, done=done, now=now)
    while due is not None and due <= now:
        step = sla.steps[done]
        done += 1
        is_skipped = not await _take_one(
            session, case, sla, step, number=done, taken=taken, now=now
        )
        due = await find_next_step(session, case, sla=sla, done=done, now=now)
        due = now if due is not None and is_skipped else due
    await cases.change(session, case_id, step=done, step_due_at=due)
    if not taken.reached and not taken.tells_hospital:
        return None
    return CaseWidened(
        case_id=case_id,
        radiologist_ids=tuple(taken.reached),
        tells_hospital=taken.tells_hospital,
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
    sla = await cases.get_sla(session, case_id)
    audiences = [step.audience for step in sla.steps]
    if CaseState(case.state) not in UNCLAIMED or Audience.BACKUP not in audiences[case.step :]:
        return None
    taken = _Taken()
    _, fresh = await _weigh_fresh(
        session, case, sla, audience=Audience.BACKUP, taken=taken, now=now
    )
    if not any(each in called for each in fresh):
        return None
    last = audiences.index(Audience.BACKUP)
    for number in range(case.step, last + 1):
        step = sla.steps[number]
        await _take_one(session, case, sla, step, number=number + 1, taken=taken, now=now)
    due = await find_next_step(session, case, sla=sla, done=last + 1, now=now)
    await cases.change(session, case_id, step=last + 1, step_due_at=due)
    return CaseWidened(case_id=case_id, radiologist_ids=tuple(taken.reached), tells_hospital=False)


@dataclass(slots=True)
class _Taken:
    """What the steps taken at one instant have reached."""

    reached: list[int] = field(default_factory=list)
    tells_hospital: bool = False
    on_guard: OnGuard | None = None
    """Read once: a step changes nothing of it."""


async def _take_one(
    session: AsyncSession,
    case: Case,
    sla: Sla,
    step: Step,
    *,
    number: int,
    taken: _Taken,
    now: datetime,
) -> bool:
    """Take a step, and tell whether it reaches anybody."""
    reached: tuple[int, ...] = ()
    if step.audience in CIRCLES:
        reached = await _widen(session, case, sla, audience=step.audience, taken=taken, now=now)
    taken.reached.extend(reached)
    taken.tells_hospital |= step.audience is Audience.HOSPITAL
    await cases.add_event(
        session,
        case_id=case.id,
        kind=EventKind.WIDENED,
        now=now,
        by_user_id=None,
        reason=step.audience.value,
        detail={"step": number, "reached": list(reached)},
    )
    return bool(reached) or step.audience is Audience.HOSPITAL


async def _widen(
    session: AsyncSession,
    case: Case,
    sla: Sla,
    *,
    audience: Audience,
    taken: _Taken,
    now: datetime,
) -> tuple[int, ...]:
    weighing, fresh = await _weigh_fresh(
        session, case, sla, audience=audience, taken=taken, now=now
    )
    if not fresh:
        return ()
    decision_id = await keep(session, weighing, now=now)
    if CaseState(case.state) is CaseState.OPEN and not taken.reached:
        # Somebody came on guard since it could be offered to nobody.
        action = CaseAction.NOMINATE
        await ask_others(session, weighing, decision_id=decision_id, now=now)
    else:
        action = CaseAction.WIDEN
        await repository.add_nominations(
            session, case_id=case.id, radiologist_ids=fresh, decision_id=decision_id, now=now
        )
    await move_offered(session, weighing, action=action, now=now)
    return fresh


async def _weigh_fresh(
    session: AsyncSession,
    case: Case,
    sla: Sla,
    *,
    audience: Audience,
    taken: _Taken,
    now: datetime,
) -> tuple[Weighing, tuple[int, ...]]:
    """Weigh who should be asked at a step, and say who of them was not."""
    weighing = await weigh(
        session,
        case,
        sla=sla,
        circle=CIRCLES[audience],
        cause=f"step {audience}",
        now=now,
        on_guard=taken.on_guard,
    )
    taken.on_guard = weighing.on_guard
    standing = await repository.list_nominees(session, case.id)
    return weighing, tuple(each for each in weighing.decision.nominees if each not in standing)
