"""Use cases that cancel what waits, and send something again."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.db.notify import WORK, notify
from app.delivery.domain.shipment import DeliveryState, Kind, Stock
from app.delivery.models import Delivery
from app.delivery.repository import images, planning, wanted
from app.delivery.service import alarms, measuring
from app.directory.domain.actor import Actor
from app.kit.errors import Conflict

JOB = "deliveries"
"""The payload that wakes the job."""
LETTERS = "letters"
"""The payload that wakes the job of mails."""
_RESENDABLE = frozenset({DeliveryState.DEAD, DeliveryState.WAITING, DeliveryState.DELIVERED})


async def cancel_for_case(session: AsyncSession, *, case_id: int, now: datetime) -> None:
    """Take what still waits for a voided case out of the outbox, and call nobody about it.

    A prior that another case has too, and that somebody reads there, is sent for that one.
    """
    await wanted.give_to_others(session, case_id=case_id)
    await planning.cancel(session, case_id=case_id)
    await alarms.forget(session, case_id, now=now)


async def resend(session: AsyncSession, *, delivery_id: int, actor: Actor, now: datetime) -> None:
    """Send a delivery now: a dead letter, one that waits for its next try, or one once more.

    Raises
    ------
    NotFound
        If there is none.
    Conflict
        If it is being sent now or was cancelled, its case was voided, or its images are gone.
    """
    known = await planning.get_delivery(session, delivery_id)
    case = None if known.case_id is None else await cases.lock_case(session, known.case_id)
    if case is not None and CaseState(case.state) is CaseState.VOIDED:
        raise Conflict(f"case {case.id} is voided: nothing more is sent for it")
    delivery = await planning.get_delivery(session, delivery_id, lock=True)
    state = DeliveryState(delivery.state)
    if state not in _RESENDABLE:
        raise Conflict(f"delivery {delivery_id} is {state.value}: it cannot be sent again now")
    if delivery.study_id is not None and await images.is_purged(session, delivery.study_id):
        raise Conflict(f"the images of delivery {delivery_id} are gone: their time was over")
    if delivery.document_id is not None and await planning.is_taken_back(
        session, delivery.document_id
    ):
        raise Conflict(f"what delivery {delivery_id} says no longer stands: send the last version")
    if state is DeliveryState.DELIVERED and Kind(delivery.kind) is Kind.IMAGES:
        await images.forget_instances(session, delivery_id)
        await measuring.note_stocks(session, {delivery.id: Stock(0, 0)}, deliveries=[delivery])
    await ask_again(session, delivery, case=case, now=now)
    if case is not None:
        await _tell_resent(session, case.id, delivery=delivery, actor=actor, now=now)
    await wake(session, Kind(delivery.kind))


async def wake(session: AsyncSession, kind: Kind) -> None:
    """Wake the job that sends this kind."""
    payload = LETTERS if kind is Kind.NOTIFICATION else JOB
    await notify(session, channel=WORK, payload=payload)


async def ask_again(
    session: AsyncSession, delivery: Delivery, *, case: Case | None, now: datetime
) -> None:
    """Make a delivery due now; a report that no node has accepted yet gets its alarm again."""
    alarm_due_at = None
    is_new_report = Kind(delivery.kind) is Kind.REPORT and delivery.delivered_at is None
    if case is not None and is_new_report:
        alarm_due_at = await alarms.plan_alarm(session, case, now=now)
    await planning.ask_again(session, delivery.id, alarm_due_at=alarm_due_at, now=now)


async def _tell_resent(
    session: AsyncSession, case_id: int, *, delivery: Delivery, actor: Actor, now: datetime
) -> None:
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.DELIVERY_RESENT,
        now=now,
        by_user_id=actor.user_id,
        detail={"delivery": delivery.id, "was": delivery.state},
    )
    await cases.change(session, case_id)
