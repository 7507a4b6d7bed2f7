"""Use cases of a try: claim in a short transaction, send outside any, finish by the token."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.db.notify import WORK, notify
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import SendResult
from app.delivery.domain.retry import NextStep, RetryDecision, decide
from app.delivery.domain.shipment import (
    DeliveryState,
    Kind,
    Shipment,
    Summary,
    summarise,
)
from app.delivery.events import Delivered, GivenUp
from app.delivery.models import Attempt, Delivery, route_of
from app.delivery.repository import attempts, outbox
from app.delivery.service.planning import JOB

LEASE = timedelta(seconds=60)
"""How long a claim holds without a sign of life; then another may take it."""


async def claim_next(session: AsyncSession, *, now: datetime) -> Shipment | None:
    """Claim the most urgent delivery that is due, with all that is needed to send it."""
    claimed = await outbox.claim_next(session, now=now, until=now + LEASE)
    if claimed is None:
        return None
    delivery, token = claimed
    route = route_of(delivery)
    if delivery.document_id is not None:
        items = [await outbox.get_document_item(session, delivery.document_id)]
    else:
        items = await outbox.list_unsent_items(session, delivery)
    return Shipment(
        delivery_id=delivery.id,
        token=token,
        claimed_at=now,
        case_id=route.case_id,
        kind=Kind(delivery.kind),
        destination=await outbox.get_destination(session, route.endpoint_id),
        items=tuple(items),
    )


async def wake_rendered(session: AsyncSession) -> None:
    """Wake who sends: documents that were waited for are rendered."""
    await notify(session, channel=WORK, payload=JOB)


async def note_progress(
    session: AsyncSession, shipment: Shipment, *, results: Sequence[SendResult], now: datetime
) -> bool:
    """Keep what was accepted so far, and hold the claim for longer.

    Returns
    -------
    bool
        False when the claim is lost: stop sending, another has taken over.
    """
    delivery = await outbox.lock_claim(
        session, delivery_id=shipment.delivery_id, token=shipment.token
    )
    if delivery is None:
        return False
    await _note_accepted(session, delivery, shipment=shipment, results=results)
    await outbox.renew(session, delivery, until=now + LEASE)
    return True


async def finish(
    session: AsyncSession, shipment: Shipment, *, results: Sequence[SendResult], now: datetime
) -> Delivered | GivenUp | None:
    """Keep a try with the status that the peer gave, and decide what follows.

    Parameters
    ----------
    results
        One for each item of the shipment, in the same order.

    Returns
    -------
    Delivered, GivenUp or None
        Nothing when it will be tried again, or when the claim is lost: then nothing is kept.
    """
    # The case first: of two documents that are delivered at once, the second sees the first.
    case = await cases.lock_case(session, shipment.case_id)
    delivery = await outbox.lock_claim(
        session, delivery_id=shipment.delivery_id, token=shipment.token
    )
    if delivery is None:
        return None
    await _note_accepted(session, delivery, shipment=shipment, results=results)
    summary = summarise(tuple(results))
    decision = decide(delivery.tries + 1, outcome=summary.outcome, since=delivery.asked_at, now=now)
    await _keep_attempt(session, delivery, summary=summary, started_at=shipment.claimed_at, now=now)
    await _settle(session, delivery, summary=summary, decision=decision, now=now)
    await cases.change(session, case.id)
    await notify(session, channel=WORK, payload=JOB)
    if decision.step is NextStep.GIVE_UP:
        return await _give_up(session, delivery, case_id=case.id, summary=summary, now=now)
    if decision.step is NextStep.RETRY or await _goes_on(session, delivery):
        return None
    return await _arrive(session, delivery, case=case, now=now)


async def _note_accepted(
    session: AsyncSession,
    delivery: Delivery,
    *,
    shipment: Shipment,
    results: Sequence[SendResult],
) -> None:
    accepted = [
        item.instance_id
        for item, result in zip(shipment.items, results, strict=False)
        if result.outcome is Outcome.ACCEPTED and item.instance_id is not None
    ]
    await outbox.note_accepted(session, delivery, instance_ids=accepted)


async def _keep_attempt(
    session: AsyncSession,
    delivery: Delivery,
    *,
    summary: Summary,
    started_at: datetime,
    now: datetime,
) -> None:
    attempt = Attempt(
        delivery_id=delivery.id,
        number=delivery.attempt_count + 1,
        started_at=started_at,
        ended_at=now,
        outcome=summary.outcome.value,
        status=summary.status,
        detail=summary.detail,
    )
    await attempts.add_attempt(session, attempt)


async def _settle(
    session: AsyncSession,
    delivery: Delivery,
    *,
    summary: Summary,
    decision: RetryDecision,
    now: datetime,
) -> None:
    states = {
        NextStep.DONE: DeliveryState.DELIVERED,
        NextStep.RETRY: DeliveryState.WAITING,
        NextStep.GIVE_UP: DeliveryState.DEAD,
    }
    state, due_at, tries = states[decision.step], decision.due_at or now, delivery.tries + 1
    if decision.step is NextStep.DONE and await _goes_on(session, delivery):
        # More images arrived while these were sent.
        state, due_at, tries = DeliveryState.WAITING, now, 0
    delivered_at = now if state is DeliveryState.DELIVERED else None
    await outbox.end_claim(
        session,
        delivery,
        state=state.value,
        due_at=due_at,
        tries=tries,
        attempt_count=delivery.attempt_count + 1,
        delivered_at=delivery.delivered_at or delivered_at,
        last_error=None if decision.step is NextStep.DONE else _describe(summary),
    )


async def _goes_on(session: AsyncSession, delivery: Delivery) -> bool:
    is_images = delivery.kind == Kind.IMAGES.value
    return is_images and await outbox.has_unsent(session, delivery)


def _describe(summary: Summary) -> str:
    status = "" if summary.status is None else f" 0x{summary.status:04X}"
    detail = f": {summary.detail}" if summary.detail else ""
    return f"{summary.outcome.value}{status}{detail}"


async def _arrive(
    session: AsyncSession, delivery: Delivery, *, case: Case, now: datetime
) -> Delivered:
    kind = Kind(delivery.kind)
    is_report = kind is Kind.REPORT
    await cases.add_event(
        session,
        case_id=case.id,
        kind=EventKind.REPORT_DELIVERED if is_report else EventKind.IMAGES_FORWARDED,
        now=now,
        by_user_id=None,
        detail={"delivery": delivery.id, "endpoint": delivery.endpoint_id},
    )
    was_last = is_report and not await outbox.is_report_outstanding(session, case.id)
    return Delivered(
        case_id=case.id,
        delivery_id=delivery.id,
        kind=kind,
        completes_case=was_last and CaseState(case.state) is CaseState.SIGNED,
    )


async def _give_up(
    session: AsyncSession, delivery: Delivery, *, case_id: int, summary: Summary, now: datetime
) -> GivenUp:
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.DELIVERY_DEAD,
        now=now,
        by_user_id=None,
        reason=_describe(summary),
        detail={"delivery": delivery.id, "endpoint": delivery.endpoint_id},
    )
    return GivenUp(case_id=case_id, delivery_id=delivery.id, kind=Kind(delivery.kind))
