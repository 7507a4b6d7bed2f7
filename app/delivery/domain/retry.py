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
    attempts: int, *, outcome: Outcome, since: datetime, now: datetime, has_other_form: bool = False
) -> RetryDecision:
    """Decide what follows the latest try.

    Parameters
    ----------
    attempts
        Tries so far, the latest one included, >= 1.
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
        `DONE` when accepted; `GIVE_UP` when `is_useless` or after a day; else `RETRY`, later.

    Raises
    ------
    ValueError
        If there was no try.
    """
    if attempts < 1:
        raise ValueError(f"a decision follows a try, but there were {attempts}")
    if outcome is Outcome.ACCEPTED:
        return RetryDecision(NextStep.DONE)
    useless = is_useless(attempts, outcome=outcome, has_other_form=has_other_form)
    if useless or now - since >= GIVE_UP_AFTER:
        return RetryDecision(NextStep.GIVE_UP)
    return RetryDecision(NextStep.RETRY, now + find_pause(attempts))


def is_useless(attempts: int, *, outcome: Outcome, has_other_form: bool) -> bool:
    """Tell whether a repeat cannot help, or had its `ENOUGH_TRIES` at a node with another form."""
    return outcome in FINAL or (
        has_other_form and outcome is Outcome.BUSY and attempts >= ENOUGH_TRIES
    )


def find_pause(attempts: int) -> timedelta:
    """Say how long to wait after so many tries, >= 1; it never shrinks."""
    return DELAYS[min(attempts, len(DELAYS)) - 1]
