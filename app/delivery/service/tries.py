"""What is kept of every try, and where the delivery stands after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import OF_THE_NODE
from app.delivery.domain.retry import NextStep, RetryDecision
from app.delivery.domain.shipment import Claim, DeliveryState, Summary
from app.delivery.models import Delivery
from app.delivery.repository import attempts, finishing

_STATES = {
    NextStep.DONE: DeliveryState.DELIVERED,
    NextStep.RETRY: DeliveryState.WAITING,
    NextStep.GIVE_UP: DeliveryState.DEAD,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A try that is over.

    Attributes
    ----------
    decision
        Nothing of images that go on: some came meanwhile, or are left.
    """

    delivery: Delivery
    claim: Claim
    summary: Summary
    decision: RetryDecision | None


async def end_tries(session: AsyncSession, ended: Sequence[Ended], *, now: datetime) -> None:
    """Keep tries for good, with the status that the peer gave, and let go of their deliveries."""
    if ended:
        await attempts.add_attempts(session, [_describe_try(each, now=now) for each in ended])
        await finishing.end_claims(session, [_place(each, now=now) for each in ended])


def _describe_try(each: Ended, *, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": each.delivery.id,
        "number": each.delivery.attempt_count + 1,
        "started_at": each.claim.claimed_at,
        "ended_at": now,
        "outcome": each.summary.outcome.value,
        "status": each.summary.status,
        "detail": each.summary.detail,
    }


def _place(each: Ended, *, now: datetime) -> dict[str, Any]:
    """Say where a delivery stands after a try; one that goes on is as young as before."""
    delivery, decision = each.delivery, each.decision
    named = {"ended": delivery.id, "claim": each.claim.token}
    if decision is None:
        return named | {
            "to_state": DeliveryState.WAITING.value,
            "to_due_at": now,
            "to_tries": 0,
            "to_delivered_at": delivery.delivered_at,
            "to_node_was_away": False,
            "to_last_error": None,
        }
    is_done = decision.step is NextStep.DONE
    is_away = decision.step is NextStep.RETRY and each.summary.outcome in OF_THE_NODE
    return named | {
        "to_state": _STATES[decision.step].value,
        "to_due_at": decision.due_at or now,
        "to_tries": delivery.tries + 1,
        "to_delivered_at": delivery.delivered_at or (now if is_done else None),
        "to_node_was_away": is_away,
        "to_last_error": None if is_done else describe(each.summary),
    }


def describe(summary: Summary) -> str:
    """Say in a line how a try ended."""
    status = "" if summary.status is None else f" 0x{summary.status:04X}"
    detail = f": {summary.detail}" if summary.detail else ""
    return f"{summary.outcome.value}{status}{detail}"
