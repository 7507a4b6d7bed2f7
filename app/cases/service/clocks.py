"""Use cases of the clocks: how urgent a case is, and since when it waits."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority, Urgency, check_change, is_raise
from app.cases.domain.sla import Sla, find_signed_due, take_snapshot
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import PriorityChanged
from app.cases.models import Case
from app.cases.service.facts import check_reason
from app.kit.errors import Conflict


async def take_site_snapshot(session: AsyncSession, *, site_id: int, priority: Priority) -> Sla:
    """Take the clocks of a site's case as they are now."""
    minutes, escalation = await repository.get_site_clocks(session, site_id)
    return take_snapshot(priority, site_minutes=minutes, site_escalation=escalation)


async def change_priority(
    session: AsyncSession,
    *,
    case_id: int,
    priority: Priority,
    reason: str,
    by_user_id: int,
    may_lower: bool = True,
    now: datetime,
) -> PriorityChanged | None:
    """Give a case another priority and new clocks; the snapshot before is kept.

    Raises
    ------
    NotAllowed
        If it is lowered by somebody who may not.
    Conflict
        If the case is no longer open for dispatch.
    Invalid
        If no reason is given.
    """
    check_reason(reason)
    case = await repository.lock_case(session, case_id)
    if CaseState(case.state) not in OPEN_FOR_DISPATCH:
        msg = f"case {case_id} is {case.state}: its priority no longer matters"
        raise Conflict(msg)
    if case.priority == priority.value:
        return None
    check_change(Priority(case.priority), priority, may_lower=may_lower)
    await set_clocks(session, case, priority=priority, reason=reason, now=now)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.PRIORITY_CHANGED,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        detail={"from": case.priority, "to": priority.value},
    )
    return PriorityChanged(case_id=case_id)


async def raise_to(session: AsyncSession, case: Case, *, urgency: Urgency, now: datetime) -> None:
    """Make a locked case at least as urgent as something of it is; never less."""
    if not is_raise(Priority(case.priority), urgency.priority):
        return
    await set_clocks(session, case, priority=urgency.priority, reason=urgency.reason, now=now)
    await repository.add_event(
        session,
        case_id=case.id,
        kind=EventKind.PRIORITY_CHANGED,
        now=now,
        by_user_id=None,
        reason=urgency.reason,
        detail={"from": case.priority, "to": urgency.priority.value},
    )


async def set_clocks(
    session: AsyncSession, case: Case, *, priority: Priority, reason: str, now: datetime
) -> None:
    """Give a locked case the clocks of a priority; the snapshot before stays on record."""
    sla = await take_site_snapshot(session, site_id=case.site_id, priority=priority)
    await repository.add_sla(session, case_id=case.id, sla=sla, now=now)
    offered = CaseState(case.state) is CaseState.NOMINATED
    waiting = case.dispatch_due_at is not None
    await repository.change(
        session,
        case.id,
        priority=priority.value,
        priority_reason=reason,
        signed_due_at=find_signed_due(sla, first_image_at=case.first_image_at),
        dispatch_due_at=now if waiting and priority is Priority.P1 else case.dispatch_due_at,
        # At once: who decides knows who has seen it, and finds when its next step is due.
        step_due_at=now if offered and sla.steps else None,
    )
