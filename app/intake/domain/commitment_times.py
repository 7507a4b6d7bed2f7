"""When a question of storage commitment is judged, for how long we promise, when we tell it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.intake.domain.commitment import FailureReason, Judged

INDEX_GRACE = timedelta(minutes=2)
"""How long after the question the index may still bring what was acknowledged before it."""
GIVE_UP_AFTER = timedelta(hours=24)
"""Age of the question at which nobody tries to answer it any more."""
FORGET_AFTER = timedelta(days=365)
"""How long a question stays on record after it was asked and its promise is over: a year, for who
asks where an image went. The study's own rows, and the association on which it came, stay."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=30)


def is_too_early(
    judged: Iterable[Judged], *, asked_at: datetime, index_is_behind: bool, now: datetime
) -> bool:
    """Tell whether what is missing may still come: we acknowledge before the index knows.

    Parameters
    ----------
    asked_at, now
        Aware.
    index_is_behind
        Arrivals from before the question still wait for the index.
    """
    missing = any(each.failure_reason is FailureReason.NO_SUCH_OBJECT_INSTANCE for each in judged)
    age = now - asked_at
    return missing and (age < INDEX_GRACE or (index_is_behind and age < GIVE_UP_AFTER))


def find_next_look(*, asked_at: datetime, now: datetime) -> datetime:
    """Say when to look again for what is missing: often at first, then every half minute."""
    return now + min(max((now - asked_at) / 2, _SHORTEST_WAIT), _LONGEST_WAIT)


def extend_promise(
    promised: datetime | None, *, days: int | None, now: datetime
) -> datetime | None:
    """Say until when what is committed stays; a promise that was made is never shortened.

    Parameters
    ----------
    promised
        What was promised before; aware.
    days
        As set for the site now, > 0; missing: nothing is promised any more.

    Returns
    -------
    datetime or None
        Nothing: there is no promise, and nothing can be committed.
    """
    if days is None:
        return promised
    until = now + timedelta(days=days)
    return until if promised is None else max(promised, until)


def find_retry(attempts: int, *, asked_at: datetime, now: datetime) -> datetime | None:
    """Say when a report that was not delivered is tried again.

    Parameters
    ----------
    attempts
        Tries so far, the latest one included, >= 1.
    asked_at, now
        Aware.

    Returns
    -------
    datetime or None
        After pauses that double from a minute to an hour; nothing after a day: it is given up.

    Raises
    ------
    ValueError
        If there was no try.
    """
    if attempts < 1:
        raise ValueError(f"a decision follows a try, but there were {attempts}")
    if now - asked_at >= GIVE_UP_AFTER:
        return None
    # Bounded first: a power of two of many tries is no duration.
    return now + min(_FIRST_PAUSE * (1 << min(attempts - 1, 6)), _LONGEST_PAUSE)
