"""The year that seats are worked out for, hour by elapsed hour, with its guards."""

import math
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from app.kit.errors import Invalid
from app.planning.domain.calendar import Occurrence, midnight_of, occurrences
from app.planning.domain.calibration.arrivals import HourOfWeek
from app.planning.domain.segments import SegmentRule, kind_of

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class GuardHours:
    """A guard of a segment, in elapsed hours from the start of the horizon.

    Parameters
    ----------
    begins_inside
        It does not reach in from before the horizon: each guard is counted in one horizon.
    """

    segment: str
    start: float
    end: float
    begins_inside: bool = True

    @property
    def length(self) -> float:
        """Elapsed hours."""
        return self.end - self.start

    def parts(self) -> Iterator[tuple[int, float]]:
        """List the hours it lies in, and how much of each it covers (0 to 1)."""
        for hour in range(math.floor(self.start), math.ceil(self.end)):
            yield hour, min(hour + 1, self.end) - max(hour, self.start)


@dataclass(frozen=True, slots=True)
class Horizon:
    """Dates to come as hours: what kind of hour each is, and the guards among them.

    Parameters
    ----------
    start
        The first midnight, in UTC.
    cells
        The hour of the week at the start of each elapsed hour.
    guards
        By start; cut off at both ends of the horizon.
    """

    start: datetime
    cells: tuple[HourOfWeek, ...]
    guards: tuple[GuardHours, ...]

    @classmethod
    def lay(
        cls,
        rules: Sequence[SegmentRule],
        *,
        first: date,
        last: date,
        holidays: AbstractSet[date],
    ) -> Self:
        """Lay out the dates from `first` up to, but not including, `last`.

        Parameters
        ----------
        rules
            Of the calendar of guards; all of one zone.
        holidays
            Of the dates, and of the day before the first.

        Raises
        ------
        Invalid
            If there is no rule, or no guard lies in the dates.
        """
        if not rules or first >= last:
            raise Invalid(
                f"no guard lies between {first} and {last}: there is nothing to calibrate"
            )
        zone = rules[0].zone
        start, end = (midnight_of(day, zone=zone) for day in (first, last))
        walls = [(start + hour * _HOUR).astimezone(zone) for hour in range((end - start) // _HOUR)]
        kinds = {wall.date(): kind_of(wall.date(), holidays=holidays) for wall in walls}
        cells = tuple(HourOfWeek(kinds[wall.date()], wall.hour) for wall in walls)
        found = occurrences(rules, first=first - timedelta(days=1), last=last, holidays=holidays)
        guards = tuple(_cut(found, start=start, hours=len(cells)))
        if not guards:
            raise Invalid(
                f"no guard lies between {first} and {last}: there is nothing to calibrate"
            )
        return cls(start, cells, guards)

    @property
    def segments(self) -> tuple[str, ...]:
        """Each segment once, in the order of their first guards."""
        return tuple(dict.fromkeys(guard.segment for guard in self.guards))

    def of_segment(self, segment: str) -> list[GuardHours]:
        """List the guards of one segment, also one that reaches in from before."""
        return [guard for guard in self.guards if guard.segment == segment]


def _cut(found: Iterable[Occurrence], *, start: datetime, hours: int) -> Iterator[GuardHours]:
    for each in found:
        begins = max(0.0, (each.interval.start - start) / _HOUR)
        ends = min(float(hours), (each.interval.end - start) / _HOUR)
        if begins < ends:
            yield GuardHours(each.segment, begins, ends, each.interval.start >= start)
