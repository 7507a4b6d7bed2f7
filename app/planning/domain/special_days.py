"""Special days, shared by counters of their own: Christmas, New Year, 1 May, 15 August.

A guard is special when more than half of its time lies inside a special day: so it belongs to one
special day at most, a night counts where most of it is spent, and the same guard cannot be counted
by one reader and not by another. Christmas and New Year begin in the evening before, at 18:00.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of

YEARS_COUNTED = 5
"""How far back the counters reach."""

Holder = TypeVar("Holder", bound=Hashable)

_EVE = time(18)
_DAY = timedelta(days=1)


class SpecialDay(StrEnum):
    """A day whose guards are counted by themselves."""

    CHRISTMAS = "christmas"
    NEW_YEAR = "new_year"
    FIRST_OF_MAY = "first_of_may"
    ASSUMPTION = "assumption"


_DATES = {
    SpecialDay.CHRISTMAS: (12, 25),
    SpecialDay.NEW_YEAR: (1, 1),
    SpecialDay.FIRST_OF_MAY: (5, 1),
    SpecialDay.ASSUMPTION: (8, 15),
}
_WITH_EVE = frozenset({SpecialDay.CHRISTMAS, SpecialDay.NEW_YEAR})


@dataclass(frozen=True, slots=True)
class Occasion:
    """A special day of a year; New Year is that of the year which begins."""

    day: SpecialDay
    year: int

    @property
    def date(self) -> date:
        """Its date; an eve belongs to the date that follows."""
        month, number = _DATES[self.day]
        return date(self.year, month, number)


def measure_occasion(occasion: Occasion, *, zone: tzinfo) -> Interval:
    """Turn a special day into its instants, with its eve where it has one."""
    begin = datetime.combine(occasion.date, time(0))
    if occasion.day in _WITH_EVE:
        begin = datetime.combine(occasion.date - _DAY, _EVE)
    end = datetime.combine(occasion.date + _DAY, time(0))
    return Interval(instant_of(begin, zone=zone), instant_of(end, zone=zone))


def find_occasion(interval: Interval, *, zone: tzinfo) -> Occasion | None:
    """Find the special day that a guard or a seat belongs to.

    Parameters
    ----------
    interval
        Of the guard, or of the seat's own hours inside it.
    zone
        Where the group's wall clock hangs.

    Returns
    -------
    Occasion or None
        The one that holds more than half of the elapsed time; exactly half is not enough.
    """
    year = interval.start.astimezone(zone).year
    for occasion in (Occasion(day, each) for each in (year, year + 1) for day in SpecialDay):
        common = measure_occasion(occasion, zone=zone).meet(interval)
        if common is not None and 2 * common.duration > interval.duration:
            return occasion
    return None


def counted_since(day: date) -> date:
    """Return the first date that counters of a date look at: the same date five years before.

    Each special day lies exactly five times between the two, the first included and the last not;
    29 February looks back to 28 February.
    """
    year = day.year - YEARS_COUNTED
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(year, 2, 28) if is_leap_day else day.replace(year=year)


def count_special(
    held: Iterable[tuple[Holder, Interval]], *, until: date, zone: tzinfo
) -> dict[SpecialDay, Counter[Holder]]:
    """Count the special seats that each society, or each radiologist, held over five years.

    Parameters
    ----------
    held
        Who held a seat, and its hours; those of other years may be among them.
    until
        The first date that no longer counts.

    Returns
    -------
    dict
        One counter for each special day, those of nobody too.
    """
    since = counted_since(until)
    counters: dict[SpecialDay, Counter[Holder]] = {day: Counter() for day in SpecialDay}
    for holder, interval in held:
        occasion = find_occasion(interval, zone=zone)
        if occasion is not None and since <= occasion.date < until:
            counters[occasion.day][holder] += 1
    return counters
