"""Intervals of the domain, as PostgreSQL's ranges."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import Range

from app.kit.interval import Interval


def to_range(interval: Interval) -> Range[datetime]:
    """Write an interval as PostgreSQL's range: start inside, end outside."""
    return Range(interval.start, interval.end)


def to_interval(period: Range[datetime]) -> Interval:
    """Read a bounded range as an interval.

    Raises
    ------
    ValueError
        If one of its ends is open; ours never are.
    """
    if period.lower is None or period.upper is None:
        msg = f"the range {period} has an open end"
        raise ValueError(msg)
    return Interval(period.lower, period.upper)
