"""A session elsewhere as a file tells it, and what every one of them must keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.kit.interval import Interval
from app.planning.domain.files.faults import Fault, FaultKind

MOST_SESSIONS = 5000
MOST_FAULTS = 100
"""After so many the rest of a file is not worth reading to anybody."""
LONGEST = timedelta(days=62)
LONGEST_UID = 300

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BusyLine:
    """A session that was understood.

    Parameters
    ----------
    number
        Line of the file.
    radiologist
        By id.
    uid
        Of the session in its source; of lines without one, made of its hours.
    """

    number: int
    radiologist: int
    interval: Interval
    uid: str


@dataclass(frozen=True, slots=True)
class BusyReading:
    """A file of sessions as it was read.

    Parameters
    ----------
    lines
        Empty when there is any fault.
    faults
        By line, then column; at most 100.
    """

    lines: tuple[BusyLine, ...]
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, lines: Sequence[BusyLine], faults: Sequence[Fault]) -> "BusyReading":
        """Take all of a file, or nothing where it has a fault."""
        return cls(() if faults else tuple(lines), tuple(faults[:MOST_FAULTS]))


def check_hours(start: datetime, end: datetime) -> Interval | FaultKind:
    """Return the hours of a session, or what is wrong with them; both ends are aware."""
    if not (_FIRST <= start < _LAST and _FIRST <= end < _LAST):
        return FaultKind.OUT_OF_YEARS
    if end <= start:
        return FaultKind.NOT_AFTER_START
    interval = Interval(start, end)
    return FaultKind.TOO_LONG if interval.duration > LONGEST else interval


def is_uid(text: str) -> bool:
    """Is it one line of text, not empty, at most 300 characters?"""
    return 0 < len(text) <= LONGEST_UID and text.isprintable()


def name_by_hours(interval: Interval) -> str:
    """Make a UID of a session that has none: the same hours always have the same one."""
    return f"{write_instant(interval.start)}/{write_instant(interval.end)}"


def write_instant(at: datetime) -> str:
    """Write an instant as RFC 5545 §3.3.5 does, in UTC."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
