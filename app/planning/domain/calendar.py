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
from itertools import pairwise

from app.kit.interval import Interval
from app.planning.domain.segments import SegmentRule

_DAY = timedelta(days=1)
_CHECKED_WEEKS = 55
_DAYS_OF_WEEK = 7
# Per week, the weekdays (0 is Monday) taken as holidays: none, each alone, each with the next one.
_HOLIDAY_PATTERNS = (
    (),
    *((day,) for day in range(_DAYS_OF_WEEK)),
    *((day, day + 1) for day in range(_DAYS_OF_WEEK)),
)


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
        In any order.
    first, last
        Dates on the wall of each rule's zone.
    holidays
        Dates that are holidays; those outside the stretch do no harm.

    Returns
    -------
    list
        By start, then segment. A guard that the clocks jump over entirely is left out.
    """
    found = [
        occurrence
        for day in _days(first, last)
        for rule in rules
        if rule.begins_on(day, holidays=holidays)
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


def find_flaw(rules: Sequence[SegmentRule]) -> str | None:
    """Find the first instant that the rules leave without a segment, or give to two.

    Looked at are 55 weeks from the first and from each later date at which a rule begins or ends,
    so that both changes of the clocks are among them; once without holidays, once with weeks in
    which each weekday, and each pair of neighbours, is a holiday.

    Parameters
    ----------
    rules
        All rules of a group, past and to come.

    Returns
    -------
    str or None
        What is wrong, with the instant in UTC and the segments concerned; `None` if every instant
        of every week looked at has exactly one segment.
    """
    if not rules:
        return "there is no segment at all"
    opening = min(rule.valid_from for rule in rules)
    turns = {rule.valid_from for rule in rules}
    turns |= {rule.valid_until for rule in rules if rule.valid_until is not None}
    for turn in sorted(turns):
        for patterns in (_HOLIDAY_PATTERNS[:1], _HOLIDAY_PATTERNS):
            flaw = _flaw_after(rules, turn=turn, opening=opening, patterns=patterns)
            if flaw is not None:
                return flaw
    return None


def _flaw_after(
    rules: Sequence[SegmentRule],
    *,
    turn: date,
    opening: date,
    patterns: Sequence[tuple[int, ...]],
) -> str | None:
    monday = turn - timedelta(days=turn.weekday())
    holidays = {
        monday + timedelta(weeks=week, days=day)
        for week in range(_CHECKED_WEEKS)
        for day in patterns[week % len(patterns)]
    }
    first, last = max(opening, turn - 2 * _DAY), monday + timedelta(weeks=_CHECKED_WEEKS)
    found = occurrences(rules, first=first, last=last, holidays=holidays)
    zone = rules[0].zone
    # A guard that began the day before the first reaches into it: the first date is not judged.
    begin = instant_of(datetime.combine(first + _DAY, datetime.min.time()), zone=zone)
    end = instant_of(datetime.combine(last, datetime.min.time()), zone=zone)
    return _first_flaw(found, begin=begin, end=end)


def _first_flaw(found: Sequence[Occurrence], *, begin: datetime, end: datetime) -> str | None:
    inside = [each for each in found if begin < each.interval.end and each.interval.start < end]
    if not inside or inside[0].interval.start > begin:
        return f"no segment covers {begin.isoformat()}"
    for one, next_one in pairwise(inside):
        if one.interval.end < next_one.interval.start:
            return (
                f"no segment covers {one.interval.end.isoformat()}: {one.segment} ends there and "
                f"{next_one.segment} begins only at {next_one.interval.start.isoformat()}"
            )
        if next_one.interval.start < one.interval.end:
            return (
                f"{one.segment} and {next_one.segment} both cover "
                f"{max(begin, next_one.interval.start).isoformat()}"
            )
    if inside[-1].interval.end < end:
        return f"no segment covers {inside[-1].interval.end.isoformat()}"
    return None
