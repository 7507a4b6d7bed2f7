"""When somebody may have worked last for a seat: rest is counted from it."""

from datetime import datetime, timedelta

from app.kit.errors import Invalid
from app.kit.interval import Interval

LATEST_AFTER = timedelta(hours=12)
"""Whoever goes on for longer after a guard holds another seat."""


def check_last_act(seat: Interval, acted_at: datetime, *, now: datetime) -> datetime:
    """Return when somebody worked last for a seat: from its begin to 12 h after its end.

    Parameters
    ----------
    acted_at, now
        Aware.

    Raises
    ------
    Invalid
        If it is before the seat begins, later than that, or still to come.
    """
    latest = seat.end + LATEST_AFTER
    if acted_at < seat.start:
        raise Invalid(f"the seat begins at {seat.start:%Y-%m-%d %H:%M} UTC only")
    if acted_at > latest:
        raise Invalid(
            f"the seat ends at {seat.end:%Y-%m-%d %H:%M} UTC: its last act is at most 12 h later"
        )
    if acted_at > now:
        raise Invalid("the last act is over: tell it once it is done")
    return acted_at
