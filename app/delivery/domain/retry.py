"""When a delivery is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.delivery.domain.outcomes import FINAL, Outcome

DELAYS = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300, 600, 900))
"""Pause after the first try, the second, ...; the last one for all that follow."""
GIVE_UP_AFTER = timedelta(hours=24)
"""Age at which a delivery that still fails becomes a dead letter."""


ENOUGH_TRIES = 6
"""How often one form is tried, some 10 minutes, when the node refuses it and has another."""


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


def decide(
    attempts: int,
    *,
    outcome: Outcome,
    since: datetime,
    now: datetime,
    has_other_form: bool = False,
) -> RetryDecision:
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
    has_other_form
        Of a document: has the same node accepted the same report in another form?

    Returns
    -------
    RetryDecision
        `DONE` when accepted; `GIVE_UP` when no repeat can help, after `GIVE_UP_AFTER`, or after
        `ENOUGH_TRIES` when the node has another form; else `RETRY`, after a growing pause.

    Raises
    ------
    ValueError
        If there was no try.
    """
    if attempts < 1:
        raise ValueError(f"a decision follows a try, but there were {attempts}")
    if outcome is Outcome.ACCEPTED:
        return RetryDecision(NextStep.DONE)
    is_enough = has_other_form and outcome is Outcome.BUSY and attempts >= ENOUGH_TRIES
    if is_enough or outcome in FINAL or now - since >= GIVE_UP_AFTER:
        return RetryDecision(NextStep.GIVE_UP)
    return RetryDecision(NextStep.RETRY, now + find_pause(attempts))


def find_pause(attempts: int) -> timedelta:
    """Say how long to wait after so many tries, >= 1; it never shrinks."""
    return DELAYS[min(attempts, len(DELAYS)) - 1]
