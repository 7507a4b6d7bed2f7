"""Segments of the guard as rules in wall-clock time: which days, from when, until when.

A rule says nothing about instants; `calendar` alone turns rules into instants.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)


class DayKind(StrEnum):
    """What a date is to the rules: exactly one of these; a holiday is no weekday.

    A bridge day is one only where a rule that is valid on it names bridge days; to rules that know
    nothing of them it is its weekday.
    """

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    BRIDGE = "bridge"


_WEEK = (
    DayKind.MONDAY,
    DayKind.TUESDAY,
    DayKind.WEDNESDAY,
    DayKind.THURSDAY,
    DayKind.FRIDAY,
    DayKind.SATURDAY,
    DayKind.SUNDAY,
)
WORKDAYS = frozenset(_WEEK[:5])
REST_DAYS = frozenset({DayKind.SATURDAY, DayKind.SUNDAY, DayKind.HOLIDAY})
EVERY_DAY = WORKDAYS | REST_DAYS
"""Every kind of day to rules that know nothing of bridge days."""

_DAY = timedelta(days=1)


def kind_of(day: date, *, holidays: AbstractSet[date]) -> DayKind:
    """Say what a date is; a holiday that falls on a Sunday is a holiday."""
    return DayKind.HOLIDAY if day in holidays else _WEEK[day.weekday()]


def is_bridge(day: date, *, holidays: AbstractSet[date]) -> bool:
    """Say whether a date is a workday between a holiday and a rest day.

    Parameters
    ----------
    day
        Any date.
    holidays
        With those of the day before and of the day after.

    Returns
    -------
    bool
        Is it a workday whose two neighbours are both rest days, at least one of them a holiday?

    References
    ----------
    Code de la santé publique, art. R.6315-1, counts the Monday before a holiday and the Friday
    after one among the days of on-call care; a workday between two holidays is like them.
    """
    if kind_of(day, holidays=holidays) not in WORKDAYS:
        return False
    around = {kind_of(each, holidays=holidays) for each in (day - _DAY, day + _DAY)}
    return around <= REST_DAYS and DayKind.HOLIDAY in around


@dataclass(frozen=True, slots=True)
class SeatsNeeded:
    """How many people a guard needs: readers of the first line, a backup line, coordinators.

    Raises
    ------
    ValueError
        If one of them is negative.
    """

    readers: int = 1
    backups: int = 1
    coordinators: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        if min(self.readers, self.backups, self.coordinators) < 0:
            msg = f"a guard cannot need a negative number of seats: {self}"
            raise ValueError(msg)


_ONE_OF_EACH = SeatsNeeded()


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """A kind of guard: it begins on each day of these kinds, at a wall time, in a zone.

    Parameters
    ----------
    segment
        Its name: `day`, `evening`, ...
    days
        Kinds of day on which it begins; at least one.
    start, end
        Naive wall times, whole minutes. An `end` at or before `start` is on the next day; midnight
        as `end` is the midnight that closes the day.
    zone
        Where the wall clock hangs.
    valid_from, valid_until
        First date on which it may begin, and the first on which it no longer does (`None`: open).
    needed
        Seats of each of its guards.
    points
        Of a seat, in thousandths, for people inside a society; at least 0.
    skills
        Sub-specialties that those on guard must have between them.
    least_societies
        Of how many societies they must be at least.

    Raises
    ------
    ValueError
        If a part is out of its range, naming the segment.
    """

    segment: str
    days: frozenset[DayKind]
    start: time
    end: time
    zone: ZoneInfo
    valid_from: date
    valid_until: date | None = None
    needed: SeatsNeeded = _ONE_OF_EACH
    points: int = 1000
    skills: frozenset[str] = frozenset()
    least_societies: int = 1

    def __post_init__(self) -> None:
        """Refuse rules that no calendar could read."""
        if not self.days:
            self._refuse("names no kind of day on which it begins")
        if self.points < 0 or self.least_societies < 1:
            self._refuse("needs points of at least 0, and at least one society")
        for wall in (self.start, self.end):
            if wall.tzinfo is not None or wall.second or wall.microsecond:
                self._refuse(f"needs wall times in whole minutes without a zone, not {wall}")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            self._refuse(f"ends on {self.valid_until}, before it begins on {self.valid_from}")

    def is_valid(self, day: date) -> bool:
        """Say whether the rule stands on this date."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    def wall_bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return both naive wall times of the guard that begins on this date."""
        last = day if self.end > self.start else day + timedelta(days=1)
        return datetime.combine(day, self.start), datetime.combine(last, self.end)

    def _refuse(self, reason: str) -> None:
        msg = f"the rule of segment {self.segment!r} {reason}"
        raise ValueError(msg)


def rules_on(
    day: date, *, rules: Iterable[SegmentRule], holidays: AbstractSet[date]
) -> list[SegmentRule]:
    """List the rules of one calendar that begin on a date, in their order.

    Parameters
    ----------
    rules
        All rules of the calendar, past and to come: whether a bridge day is one depends on whether
        any rule that is valid on it names bridge days.
    holidays
        With those of the day before and of the day after.
    """
    valid = [rule for rule in rules if rule.is_valid(day)]
    kind = kind_of(day, holidays=holidays)
    if any(DayKind.BRIDGE in rule.days for rule in valid) and is_bridge(day, holidays=holidays):
        kind = DayKind.BRIDGE
    return [rule for rule in valid if kind in rule.days]


def default_rules(*, zone: ZoneInfo, valid_from: date) -> tuple[SegmentRule, ...]:
    """Build the four segments that a GCS starts with; they cut every week exactly.

    Day and evening of workdays, deep night of every day, and the weekend from 08:00 to midnight of
    Saturdays, Sundays and holidays. Most readers sit where emergencies peak, in the evening and
    at the weekend; each group calibrates its own numbers.
    """
    eight, half_past_six = time(8), time(18, 30)
    cuts = (
        ("day", WORKDAYS, eight, half_past_six, 2),
        ("evening", WORKDAYS, half_past_six, MIDNIGHT, 4),
        ("deep_night", EVERY_DAY, MIDNIGHT, eight, 2),
        ("weekend", REST_DAYS, eight, MIDNIGHT, 4),
    )
    return tuple(
        SegmentRule(
            segment=name,
            days=days,
            start=start,
            end=end,
            zone=zone,
            valid_from=valid_from,
            needed=SeatsNeeded(readers=readers),
        )
        for name, days, start, end, readers in cuts
    )
