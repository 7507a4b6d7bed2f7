"""What is kept of every try, and where the delivery stands after it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import OF_THE_NODE
from app.delivery.domain.retry import NextStep, RetryDecision
from app.delivery.domain.shipment import Claim, DeliveryState, Summary
from app.delivery.models import Attempt, Delivery
from app.delivery.repository import attempts, outbox

_STATES = {
    NextStep.DONE: DeliveryState.DELIVERED,
    NextStep.RETRY: DeliveryState.WAITING,
    NextStep.GIVE_UP: DeliveryState.DEAD,
}


async def keep_try(
    session: AsyncSession, delivery: Delivery, *, claim: Claim, summary: Summary, now: datetime
) -> None:
    """Keep a try for good, with the status that the peer gave."""
    attempt = Attempt(
        delivery_id=delivery.id,
        number=delivery.attempt_count + 1,
        started_at=claim.claimed_at,
        ended_at=now,
        outcome=summary.outcome.value,
        status=summary.status,
        detail=summary.detail,
    )
    await attempts.add_attempt(session, attempt)


async def end_claim(
    session: AsyncSession,
    delivery: Delivery,
    *,
    summary: Summary,
    decision: RetryDecision,
    now: datetime,
) -> None:
    """Let go of a delivery, and put it where the decision says."""
    is_done = decision.step is NextStep.DONE
    await outbox.end_claim(
        session,
        delivery,
        state=_STATES[decision.step].value,
        due_at=decision.due_at or now,
        tries=delivery.tries + 1,
        attempt_count=delivery.attempt_count + 1,
        delivered_at=delivery.delivered_at or (now if is_done else None),
        node_was_away=decision.step is NextStep.RETRY and summary.outcome in OF_THE_NODE,
        last_error=None if is_done else describe(summary),
    )


async def go_on(session: AsyncSession, delivery: Delivery, *, now: datetime) -> None:
    """Let go of images that were accepted, to send those that arrived meanwhile, or are left."""
    await outbox.end_claim(
        session,
        delivery,
        state=DeliveryState.WAITING.value,
        due_at=now,
        tries=0,
        attempt_count=delivery.attempt_count + 1,
        node_was_away=False,
        last_error=None,
    )


def describe(summary: Summary) -> str:
    """Say in a line how a try ended."""
    status = "" if summary.status is None else f" 0x{summary.status:04X}"
    detail = f": {summary.detail}" if summary.detail else ""
    return f"{summary.outcome.value}{status}{detail}"
