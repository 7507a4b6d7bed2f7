"""When a delivery is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.delivery.domain.outcomes import FINAL, Outcome

DELAYS = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300, 600, 900))
"""Pause after the first try, the second, ...; the last one for all that follow."""
GIVE_UP_AFTER = timedelta(hours=24)
"""Age at which a delivery that still fails becomes a dead letter."""


class NextStep(StrEnum):
    """What follows a try."""

    DONE = "done"
    RETRY = "retry"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """What follows a try, and when.

    Attributes
    ----------
    due_at
        Aware instant of the next try; only for `RETRY`.
    """

    step: NextStep
    due_at: datetime | None = None


def decide(attempts: int, *, outcome: Outcome, since: datetime, now: datetime) -> RetryDecision:
    """Decide what follows the latest try.

    Parameters
    ----------
    attempts
        Tries so far, the latest one included; at least 1.
    outcome
        How the latest one ended.
    since
        Aware instant at which the delivery was asked for, or asked for again by a person.
    now
        Aware instant at which the latest try ended.

    Returns
    -------
    RetryDecision
        `DONE` when accepted; `GIVE_UP` when no repeat can help, or the delivery is older than
        `GIVE_UP_AFTER`; else `RETRY`, after a pause that never shrinks.

    Raises
    ------
    ValueError
        If there was no try.
    """
    if attempts < 1:
        raise ValueError(f"a decision follows a try, but there were {attempts}")
    if outcome is Outcome.ACCEPTED:
        return RetryDecision(NextStep.DONE)
    if outcome in FINAL or now - since >= GIVE_UP_AFTER:
        return RetryDecision(NextStep.GIVE_UP)
    return RetryDecision(NextStep.RETRY, now + DELAYS[min(attempts, len(DELAYS)) - 1])
