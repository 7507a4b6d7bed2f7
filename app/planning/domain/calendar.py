"""The one place that turns wall-clock rules into instants.

A boundary between two segments is one instant: the first occurrence of its wall time, and where
the wall time does not exist, the first instant after the gap. That mapping never goes back, so that
rules which cut the wall clock exactly cut the line of instants exactly too, on every change of the
clocks.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.segments import MIDNIGHT, SegmentRule, rules_on

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One guard's time: its rule, the date on which it begins on the wall, its instants."""

    rule: SegmentRule
    day: date
    interval: Interval

    @property
    def segment(self) -> str:
        """The name of the segment."""
        return self.rule.segment


def instant_of(wall: datetime, *, zone: tzinfo) -> datetime:
    """Turn a wall time into its instant.

    Parameters
    ----------
    wall
        Naive wall time, whole seconds.
    zone
        Where the clock hangs.

    Returns
    -------
    datetime
        Aware, in UTC: the first occurrence of the wall time, or, where the clocks jump over it, the
        first instant after the jump.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # PEP 495: in a gap fold=1 reads with the offset after the jump, which lands before the jump.
    return _first_after_jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def midnight_of(day: date, *, zone: tzinfo) -> datetime:
    """Return the instant at which a day begins on the wall of a zone, in UTC."""
    return instant_of(datetime.combine(day, MIDNIGHT), zone=zone)


def _first_after_jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def occurrences(
    rules: Sequence[SegmentRule], *, first: date, last: date, holidays: AbstractSet[date]
) -> list[Occurrence]:
    """List the guards that begin on the dates from `first` up to, but not including, `last`.

    Parameters
    ----------
    rules
        Of one calendar, in any order.
    first, last
        Dates on the wall of each rule's zone.
    holidays
        Dates that are holidays, also those of the day before `first` and of `last`; others outside
        the stretch do no harm.

    Returns
    -------
    list
        By start, then segment. A guard that the clocks jump over entirely is left out.
    """
    found = [
        occurrence
        for day in _days(first, last)
        for rule in rules_on(day, rules=rules, holidays=holidays)
        for occurrence in _occurrence(rule, day)
    ]
    return sorted(found, key=lambda each: (each.interval.start, each.segment))


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day < last:
        yield day
        day += _DAY


def _occurrence(rule: SegmentRule, day: date) -> Iterator[Occurrence]:
    start, end = (instant_of(wall, zone=rule.zone) for wall in rule.wall_bounds(day))
    if start < end:
        yield Occurrence(rule=rule, day=day, interval=Interval(start, end))
