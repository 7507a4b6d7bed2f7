"""Check-in: who comes on guard shows, before it begins, that they can be reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict

OPENS_BEFORE = timedelta(minutes=10)
"""How long before a guard its readers may check in."""
TOLD_BEFORE = timedelta(minutes=5)
"""How long before a guard others are told that somebody is missing."""


class CheckInState(StrEnum):
    """Where the check-in of one holder of one seat stands."""

    AWAITED = "awaited"
    MISSING = "missing"
    """Others were told; a late check-in is still one."""
    DONE = "done"
    MISSED = "missed"
    """The guard ended without it."""
    CANCELLED = "cancelled"
    """The planning gave the seat to somebody else, or closed it."""


class CheckInAction(StrEnum):
    """What moves a check-in."""

    TEST = "test"
    """One of the tests is done, others are not yet."""
    COMPLETE = "complete"
    """All tests are done."""
    TELL = "tell"
    """Its time has come, and it is not done: others are told."""
    EXPIRE = "expire"
    """The guard is over."""
    CANCEL = "cancel"


_S, _A = CheckInState, CheckInAction

STANDING = frozenset({_S.AWAITED, _S.MISSING})
"""Somebody is still to check in."""

TRANSITIONS: Mapping[tuple[CheckInState, CheckInAction], CheckInState] = MappingProxyType(
    {
        (_S.AWAITED, _A.TEST): _S.AWAITED,
        (_S.AWAITED, _A.COMPLETE): _S.DONE,
        (_S.AWAITED, _A.TELL): _S.MISSING,
        (_S.AWAITED, _A.EXPIRE): _S.MISSED,
        (_S.AWAITED, _A.CANCEL): _S.CANCELLED,
        (_S.MISSING, _A.TEST): _S.MISSING,
        (_S.MISSING, _A.COMPLETE): _S.DONE,
        (_S.MISSING, _A.TELL): _S.MISSING,
        (_S.MISSING, _A.EXPIRE): _S.MISSED,
        (_S.MISSING, _A.CANCEL): _S.CANCELLED,
        # Sound and telephone may be tried again at any time of the guard.
        (_S.DONE, _A.TEST): _S.DONE,
        (_S.DONE, _A.COMPLETE): _S.DONE,
        (_S.DONE, _A.CANCEL): _S.CANCELLED,
    }
)
"""Every move there is; tests walk every pair of state and action."""


class CheckInRefused(Conflict):
    """The check-in stands where this is not possible."""

    def __init__(self, state: CheckInState, action: CheckInAction) -> None:
        super().__init__(f"the check-in is {state}: {action} is not possible, look at it again")
        self.state = state
        self.action = action


def follow(state: CheckInState, action: CheckInAction) -> CheckInState:
    """Say where an action leads.

    Raises
    ------
    CheckInRefused
        If it is not possible there.
    """
    target = TRANSITIONS.get((state, action))
    if target is None:
        raise CheckInRefused(state, action)
    return target


class TelephoneTest(StrEnum):
    """How a telephone was tested."""

    WORD = "word"
    """Its owner says that the number shown reaches them."""
    CALL = "call"
    """The platform has called it, and somebody has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a reader shows at this moment; what is false was not tested now."""

    sound_heard: bool = False
    telephone_confirmed: bool = False
    page_visible: bool = False


def find_told(*, starts_at: datetime, known_at: datetime) -> tuple[datetime, datetime]:
    """Say when others are told that somebody is missing: before the guard begins, and when it does.

    Who is put on guard late gets the same time as everybody else to check in: both instants are one
    then, when that time ends after the guard's beginning.

    Parameters
    ----------
    starts_at
        When the seat's hours begin; aware.
    known_at
        Since when the planning says that they hold the seat; aware.

    Returns
    -------
    tuple
        In UTC, in order, durations elapsed: a change of the clocks between does not count.
    """
    start, known = starts_at.astimezone(UTC), known_at.astimezone(UTC)
    asked = max(start - OPENS_BEFORE, known)
    first = asked + (OPENS_BEFORE - TOLD_BEFORE)
    return first, max(first, start)


def find_next_due(
    *, starts_at: datetime, ends_at: datetime, known_at: datetime, done_until: datetime | None
) -> datetime:
    """Say when a check-in that is not done must be looked at next: at the last, at the guard's end.

    Parameters
    ----------
    done_until
        What was due until then (and then) was done; aware. Nothing: nothing was.
    """
    told = find_told(starts_at=starts_at, known_at=known_at)
    ends = ends_at.astimezone(UTC)
    coming = [each for each in told if done_until is None or each > done_until]
    return min(coming[0], ends) if coming else ends
