"""Several calendars over one stream: one cuts it into guards, the others say which hours it is.

The calendar of guards gives every instant exactly one segment. Calendars of hours (on-call care of
hospitals, billing at night) need not cut the line: an instant may be none of their hours or several
of them. All of them turn wall-clock rules into instants by `calendar` alone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.kit.interval import Interval
from app.planning.domain.calendar import Occurrence, occurrences
from app.planning.domain.calendar_flaws import find_doubled, find_flaw
from app.planning.domain.segments import EVERY_DAY, MIDNIGHT, DayKind, SegmentRule

GUARDS = "gcs"
"""The code of the one calendar of guards."""
PDSES = "pdses"
BILLING = "billing"

_DAY = timedelta(days=1)


class CalendarKind(StrEnum):
    """What a calendar promises: an exact cut into guards, hours that classify, a line of a site.

    The guards of a line on site, such as ultrasound, need not cover the day; like hours, those of
    one code never meet.
    """

    GUARD = "guard"
    HOURS = "hours"
    ON_SITE = "on_site"


@dataclass(frozen=True, slots=True)
class Calendar:
    """A set of dated rules in wall-clock time.

    Parameters
    ----------
    code
        Its name: `gcs`, `pdses`, `billing`, ...
    rules
        Past and to come; the `segment` of a rule of hours is the code of these hours.
    """

    code: str
    kind: CalendarKind
    rules: tuple[SegmentRule, ...]

    def find_flaw(self) -> str | None:
        """Find the first instant at which the rules break what the kind promises.

        Returns
        -------
        str or None
            As `calendar_flaws.find_flaw` for guards, and as `find_doubled` for hours, for which no
            rule at all is no flaw.
        """
        if self.kind is CalendarKind.GUARD:
            return find_flaw(self.rules)
        return find_doubled(self.rules)

    def lay(self, *, first: date, last: date, holidays: AbstractSet[date]) -> "LaidCalendar":
        """Lay the calendar out over the dates from `first` up to, but not including, `last`.

        Parameters
        ----------
        first, last
            Dates on the wall of the rules' zone.
        holidays
            As for `calendar.occurrences`, from two days before `first`.
        """
        # What began the day before reaches into the first date.
        found = occurrences(self.rules, first=first - _DAY, last=last, holidays=holidays)
        return LaidCalendar(self.code, tuple(found))


@dataclass(frozen=True, slots=True)
class LaidCalendar:
    """A calendar as stretches of time, to ask about many instants.

    Parameters
    ----------
    stretches
        By start.
    """

    code: str
    stretches: tuple[Occurrence, ...]
    _starts: tuple[datetime, ...] = field(init=False, repr=False, compare=False)
    _longest: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the search."""
        object.__setattr__(self, "_starts", tuple(each.interval.start for each in self.stretches))
        lengths = [each.interval.duration for each in self.stretches]
        object.__setattr__(self, "_longest", max(lengths, default=timedelta(0)))

    def find(self, at: datetime) -> tuple[Occurrence, ...]:
        """Find the stretches that an instant lies in: the start is inside, the end is not.

        Returns
        -------
        tuple
            By start; in a calendar of guards one, or none where no rule is valid.
        """
        found = []
        index = bisect_right(self._starts, at)
        while index and self._starts[index - 1] > at - self._longest:
            index -= 1
            if self.stretches[index].interval.contains(at):
                found.append(self.stretches[index])
        return tuple(reversed(found))

    def codes(self, at: datetime) -> tuple[str, ...]:
        """List the segments, or the hours, that an instant lies in, each once, sorted."""
        return tuple(sorted({each.segment for each in self.find(at)}))

    def measure(self, interval: Interval) -> dict[str, timedelta]:
        """Measure how much of an interval lies in each segment or in each of the hours.

        Returns
        -------
        dict
            Elapsed time by code, sorted by code, only what is more than nothing. Hours that meet
            count for each; the interval must lie inside the dates laid out.
        """
        measured: dict[str, timedelta] = {}
        for each in self.stretches:
            common = each.interval.meet(interval)
            if common is not None:
                measured[each.segment] = measured.get(each.segment, timedelta(0)) + common.duration
        return dict(sorted(measured.items()))


def classify(
    calendars: Iterable[Calendar], *, at: datetime, holidays: AbstractSet[date]
) -> dict[str, tuple[str, ...]]:
    """Say in which segment and in which hours an instant lies, by calendar.

    Parameters
    ----------
    at
        Aware.
    holidays
        Those of three days before and one day after it at least.

    Returns
    -------
    dict
        By code of calendar, in the order given; empty tuples where an instant is in none.
    """
    found = {}
    for calendar in calendars:
        day = at.astimezone(calendar.rules[0].zone).date() if calendar.rules else at.date()
        laid = calendar.lay(first=day, last=day + _DAY, holidays=holidays)
        found[calendar.code] = laid.codes(at)
    return found


def default_hours(*, zone: ZoneInfo, valid_from: date) -> tuple[Calendar, ...]:
    """Build the two calendars of hours that a GCS starts with; each region sets its own.

    On-call care: nights from 20:00 to 08:00, Saturdays from noon, Sundays and holidays. Billing: at
    night from 20:00 to 08:00, and Sundays and holidays all day, which may meet.

    References
    ----------
    Code de la santé publique, art. R.6315-1, for the hours of on-call care outside hospitals;
    those of hospitals are set by the health agency of each region. CCAM, modifiers U (20:00 to
    08:00) and F (Sundays and holidays).
    """
    eight, noon, twenty = time(8), time(12), time(20)
    rest = frozenset({DayKind.SUNDAY, DayKind.HOLIDAY})
    pdses = (
        ("night", EVERY_DAY, twenty, eight),
        ("saturday", frozenset({DayKind.SATURDAY}), noon, twenty),
        ("rest_day", rest, eight, twenty),
    )
    billing = (("night", EVERY_DAY, twenty, eight), ("rest_day", rest, MIDNIGHT, MIDNIGHT))
    return tuple(
        Calendar(code, CalendarKind.HOURS, _rules(hours, zone=zone, valid_from=valid_from))
        for code, hours in ((PDSES, pdses), (BILLING, billing))
    )


def _rules(
    hours: Sequence[tuple[str, frozenset[DayKind], time, time]], *, zone: ZoneInfo, valid_from: date
) -> tuple[SegmentRule, ...]:
    return tuple(
        SegmentRule(segment=code, days=days, start=start, end=end, zone=zone, valid_from=valid_from)
        for code, days, start, end in hours
    )
