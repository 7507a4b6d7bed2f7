"""The morning list: what others have read in the night for the hospitals of a society."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from app.kit.interval import Interval

MORNING = time(8)
"""When a referent society gets its list, by the wall clock of its hospitals."""
_LONGEST_BACK = timedelta(days=7)
"""A list reaches no further back, however long none was made."""


class MorningKind(StrEnum):
    """Why a case stands on a morning list."""

    READ = "read"
    """A reader of another society has signed its report."""
    OPEN = "open"
    """It is not signed, or its report has not reached the hospital, or a call is still open."""


@dataclass(frozen=True, slots=True)
class Morning:
    """A list that is due.

    Parameters
    ----------
    day
        Of the morning, where the hospitals are.
    interval
        What it is about.
    """

    day: date
    interval: Interval


def find_last_morning(now: datetime, *, zone: tzinfo) -> datetime:
    """Find the last instant at which it was 8:00 where the hospitals are.

    Where the clocks skip it, the instant as many minutes after the gap counts; where it comes
    twice, the first.

    Parameters
    ----------
    now
        Aware.

    Returns
    -------
    datetime
        In UTC, at most `now`.
    """
    day = now.astimezone(zone).date()
    today = _morning_of(day, zone)
    return today if today <= now else _morning_of(day - timedelta(days=1), zone)


def _morning_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def find_due(now: datetime, *, zone: tzinfo, last_end: datetime | None) -> Morning | None:
    """Say which list is due, if one is; it begins where the last one ended, so nothing is lost.

    Parameters
    ----------
    now
        Aware.
    last_end
        Until when the last list went, aware; nothing: this is the first, of one day by the wall.

    Returns
    -------
    Morning or None
        Nothing until the next 8:00. After days without one, a single list of at most seven days.
    """
    end = find_last_morning(now, zone=zone)
    if last_end is not None and last_end >= end:
        return None
    day = end.astimezone(zone).date()
    begin = _morning_of(day - timedelta(days=1), zone)
    if last_end is not None:
        begin = max(last_end.astimezone(UTC), end - _LONGEST_BACK)
    return Morning(day, Interval(begin, end))
