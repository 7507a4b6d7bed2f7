"""How much room there is: enough, less so that images go early, or so little that it is told.

All shares are of the whole disk. The reserve, which reception never uses, counts as not free: all
this happens long before it is touched.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_WHOLE = 100


class Level(StrEnum):
    """How the disk stands."""

    GOOD = "good"
    PRESSURE = "pressure"
    """Images of delivered cases go before their time."""
    ALARM = "alarm"
    """Somebody must add room or free some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """From where on something is done; set by people.

    Parameters
    ----------
    pressure_percent, alarm_percent
        Shares of the disk that are free, 1 to 90.
    alarm_within
        How long before the disk is full it is said; positive.
    """

    pressure_percent: int
    alarm_percent: int
    alarm_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """How full the disk is, in bytes; none is negative.

    Parameters
    ----------
    reserve_bytes
        What reception leaves free for the database and the system.
    """

    total_bytes: int
    free_bytes: int
    reserve_bytes: int

    @property
    def usable_bytes(self) -> int:
        """What images may still use; never negative."""
        return max(0, self.free_bytes - self.reserve_bytes)

    def lacks(self, percent: int) -> int:
        """Return how many bytes are missing to have this share of the disk usable; 0 when none."""
        return max(0, -(-self.total_bytes * percent // _WHOLE) - self.usable_bytes)


def judge(
    disk: Disk, *, marks: Marks, full_at: datetime | None, can_go_bytes: int, now: datetime
) -> Level:
    """Say how the disk stands.

    Parameters
    ----------
    full_at
        By the forecast; aware, or nothing in sight.
    can_go_bytes
        What could go now under pressure: when that is not enough to end it, people are told.
    now
        Aware.
    """
    soon = full_at is not None and full_at <= now + marks.alarm_within
    if soon or disk.lacks(marks.alarm_percent) or disk.lacks(marks.pressure_percent) > can_go_bytes:
        return Level.ALARM
    return Level.PRESSURE if disk.lacks(marks.pressure_percent) else Level.GOOD
