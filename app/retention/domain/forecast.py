"""When the disk will be full, if it goes on like this."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HORIZON = timedelta(days=365)
"""Beyond it a forecast says nothing."""
_DAY = timedelta(days=1)
_DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True)
class Received:
    """What has arrived lately, in bytes; never negative.

    Parameters
    ----------
    day_bytes, week_bytes
        In the last 24 hours, and in the last seven days.
    """

    day_bytes: int
    week_bytes: int

    @property
    def bytes_per_day(self) -> int:
        """The faster of the two, rounded up: one busy night is believed at once."""
        return max(self.day_bytes, -(-self.week_bytes // _DAYS_OF_WEEK))


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """What retention will free.

    Parameters
    ----------
    at
        Aware; one in the past is due now.
    size_bytes
        Not negative.
    """

    at: datetime
    size_bytes: int


def expect_full(
    *, usable_bytes: int, bytes_per_day: int, releases: Iterable[Release], now: datetime
) -> datetime | None:
    """Say when there will be no room left.

    What arrives goes on at one pace; what is kept today goes when retention lets it. That what
    arrives from now on goes one day too is not counted, so that the alarm comes rather too early.

    Parameters
    ----------
    usable_bytes
        Free now, less the reserve; none is left at 0 or below.
    bytes_per_day
        How fast images arrive, >= 0.
    releases
        In any order.
    now
        Aware.

    Returns
    -------
    datetime or None
        Never before `now`; nothing when it does not fill up within the horizon.
    """
    room = usable_bytes
    for release in sorted(releases):
        full_at = _use_up(room, bytes_per_day=bytes_per_day, now=now)
        if full_at is not None and full_at < release.at:
            return full_at
        room += release.size_bytes
    return _use_up(room, bytes_per_day=bytes_per_day, now=now)


def _use_up(room: int, *, bytes_per_day: int, now: datetime) -> datetime | None:
    """Say when a room, counted from now, is used up; nothing beyond the horizon."""
    if room <= 0:
        return now
    # Whole numbers first: a large room at a slow pace has no date.
    if room > bytes_per_day * HORIZON.days:
        return None
    return now + _DAY * (room / bytes_per_day)
