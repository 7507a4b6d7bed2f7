"""What lies ahead of a reader before they would begin another case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_STILL = 0.25
"""Of its expected time a read needs at least that much more, however long it has lasted."""
_MINUTE = timedelta(minutes=1)


# Not frozen: a decision makes a thousand of them, and that would take most of the time.
@dataclass(slots=True)
class Load:
    """A case that a reader reads, or that is offered to them."""

    radiologist_id: int
    minutes: float
    """How long this reader is expected to need for it, > 0."""
    signed_due_at: datetime
    offered_to: int = 1
    """To how many it is offered: each of them is expected to read that part of it."""
    claimed_at: datetime | None = None
    """Nothing: it is only offered."""
    is_aside: bool = False
    """Claimed and put aside: all of it is still to be read."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies ahead: cases being read, cases offered, and how long both take in minutes."""

    claims: int = 0
    nominations: int = 0
    minutes: float = 0.0


def sum_ahead(loads: Iterable[Load], *, signed_due_at: datetime, now: datetime) -> Ahead:
    """Sum what one reader would read before a case.

    What they have claimed comes first. Of what is offered, only that which is due no later: readers
    take what is due first.

    Parameters
    ----------
    loads
        Of one reader, without the case itself.
    signed_due_at, now
        When the case is due, and the instant of the decision; aware.
    """
    claims, nominations, minutes = 0, 0, 0.0
    for load in loads:
        if load.claimed_at is not None:
            claims += 1
            lasted = 0.0 if load.is_aside else (now - load.claimed_at) / _MINUTE
            minutes += max(load.minutes - lasted, load.minutes * _STILL)
        elif load.signed_due_at <= signed_due_at:
            nominations += 1
            minutes += load.minutes / load.offered_to
    return Ahead(claims, nominations, round(minutes, 2))
