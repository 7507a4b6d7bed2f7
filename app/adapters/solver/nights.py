"""Wall-clock stretches of one zone: nights, deep nights, weekends."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from app.planning.domain.calendar import instant_of

_DAY = timedelta(days=1)
_FRIDAY = 4
DEEP_NIGHT_SECONDS = 3 * 3600
"""How much of it must lie between 00:00 and 06:00 for a seat to be a deep night."""


@cache
def _second_of(wall: datetime, zone: tzinfo) -> int:
    return int(instant_of(wall, zone=zone).timestamp())


def _dates(start: int, end: int, *, zone: tzinfo) -> Iterator[date]:
    """List the dates touched, and the one before."""
    day = datetime.fromtimestamp(start, UTC).astimezone(zone).date() - _DAY
    last = datetime.fromtimestamp(end, UTC).astimezone(zone).date()
    while day <= last:
        yield day
        day += _DAY


def _shared(start: int, end: int, *, of: tuple[int, int]) -> int:
    return max(0, min(end, of[1]) - max(start, of[0]))


def nights_in(start: int, end: int, *, zone: tzinfo) -> dict[int, int]:
    """Count the seconds between 21:00 and 06:00 of each night, by ordinal of its first date."""
    found = {}
    for day in _dates(start, end, zone=zone):
        night = (
            _second_of(datetime.combine(day, time(21)), zone),
            _second_of(datetime.combine(day + _DAY, time(6)), zone),
        )
        if seconds := _shared(start, end, of=night):
            found[day.toordinal()] = seconds
    return found


def deep_night_of(start: int, end: int, *, zone: tzinfo) -> int | None:
    """Say which deep night this is, as the ordinal of the date on which it ends, if it is one."""
    for day in _dates(start, end, zone=zone):
        deep = (
            _second_of(datetime.combine(day, time(0)), zone),
            _second_of(datetime.combine(day, time(6)), zone),
        )
        if _shared(start, end, of=deep) >= DEEP_NIGHT_SECONDS:
            return day.toordinal()
    return None


def weekend_of(start: int, end: int, *, zone: tzinfo) -> int | None:
    """Say which weekend (Friday 18:00 to Monday 08:00) is touched, by the ordinal of its Friday."""
    day = datetime.fromtimestamp(start, UTC).astimezone(zone).date()
    friday = day - timedelta(days=(day.weekday() - _FRIDAY) % 7)
    for first in (friday, friday + 7 * _DAY):
        weekend = (
            _second_of(datetime.combine(first, time(18)), zone),
            _second_of(datetime.combine(first + 3 * _DAY, time(8)), zone),
        )
        if _shared(start, end, of=weekend):
            return first.toordinal()
    return None


def begins_in_weekend(start: int, *, zone: tzinfo) -> bool:
    """Say whether something that begins at this instant begins in a weekend."""
    return weekend_of(start, start + 1, zone=zone) is not None
