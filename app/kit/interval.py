"""A stretch of time between two instants."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The instants from `start` up to, but not including, `end`.

    Both ends are aware and kept in UTC, so that a duration is elapsed time also across a change of
    the clocks (two aware datetimes of one `ZoneInfo` subtract as wall clocks).

    Raises
    ------
    ValueError
        If an end is naive, or `end` is not after `start`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse naive and empty intervals, and bring both ends to UTC."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            msg = "an interval needs aware instants, but one of its ends has no time zone"
            raise ValueError(msg)
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            msg = f"an interval must end after it starts, but {self.end} <= {self.start}"
            raise ValueError(msg)

    @property
    def duration(self) -> timedelta:
        """Elapsed time, always positive."""
        return self.end - self.start

    def contains(self, instant: datetime) -> bool:
        """Is the instant inside? The start is, the end is not."""
        return self.start <= instant < self.end

    def overlaps(self, other: Self) -> bool:
        """Do the two share an instant? Two that only touch do not."""
        return self.start < other.end and other.start < self.end

    def meet(self, other: Self) -> "Interval | None":
        """Return what the two share, or nothing."""
        if not self.overlaps(other):
            return None
        return Interval(max(self.start, other.start), min(self.end, other.end))
