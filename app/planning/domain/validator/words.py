"""How violations speak of seats, times and durations: on the wall of the group's zone."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.seats import Seat

MOST_NAMED = 4
_MINUTES = 60


def name_seat(seat: Seat, *, zone: tzinfo) -> str:
    """Name a seat: `seat 4 (evening, 2026-03-23 18:00 to 2026-03-24 00:00)`."""
    return f"seat {seat.id} ({seat.segment}, {name_interval(seat.interval, zone=zone)})"


def name_seats(seats: Iterable[Seat], *, zone: tzinfo) -> str:
    """Name seats by start, the first few in full."""
    in_order = sorted(set(seats), key=lambda each: (each.interval.start, each.id))
    named = ", ".join(name_seat(seat, zone=zone) for seat in in_order[:MOST_NAMED])
    more = len(in_order) - MOST_NAMED
    return named + (f" and {more} more" if more > 0 else "")


def name_interval(interval: Interval, *, zone: tzinfo) -> str:
    """Name both ends of a stretch; the offset from UTC too where the clocks change within it."""
    start, end = interval.start.astimezone(zone), interval.end.astimezone(zone)
    form = "%Y-%m-%d %H:%M" + ("" if start.utcoffset() == end.utcoffset() else "%z")
    return f"{start:{form}} to {end:{form}}"


def name_instant(instant: datetime, *, zone: tzinfo) -> str:
    """Name an instant, to the minute."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def name_duration(duration: timedelta) -> str:
    """Name elapsed time in hours and minutes: `10 h 30`, `- 0 h 15`."""
    minutes = int(abs(duration).total_seconds()) // _MINUTES
    sign = "-" if duration < timedelta(0) else ""
    rest = f" {minutes % _MINUTES:02d}" if minutes % _MINUTES else ""
    return f"{sign}{minutes // _MINUTES} h{rest}"
