"""When exams arrive: counts by hour of the wall and kind of day, and how sure their rate is."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from app.kit.errors import Invalid
from app.planning.domain.calendar import instant_of
from app.planning.domain.calibration.tails import gamma_quantile
from app.planning.domain.segments import DayKind, kind_of

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_HOURS_OF_DAY = 24
_ONE_IN_A_HUNDRED = 2.326
_FEWEST_TO_JUDGE = 8
_FEWEST_HOLIDAYS = 5
_NO_SPREAD = 1e-5

Counts = Mapping[tuple[date, int], int]
"""Exams by date and hour on the wall; what is not named is no exam."""


class NothingObserved(Invalid):
    """A period holds no hour of a kind that guards will have."""

    def __init__(self, cell: "HourOfWeek") -> None:
        super().__init__(
            f"no {cell.kind.value} {cell.hour:02d}:00 lies in the period looked at: "
            f"choose a longer one, of a week at least"
        )


@dataclass(frozen=True, slots=True, order=True)
class HourOfWeek:
    """An hour of the wall on a kind of day; holidays are apart from weekdays."""

    kind: DayKind
    hour: int


@dataclass(frozen=True, slots=True)
class HourRate:
    """What was seen of one hour of the week.

    Parameters
    ----------
    exams
        How many arrived.
    hours
        Elapsed hours in which they could; > 0.
    spread
        Variance of the rate over the square of its mean; 0 where the counts are as even as
        chance alone makes them (Poisson).
    """

    exams: int
    hours: float
    spread: float = 0.0

    @property
    def mean(self) -> float:
        """Exams an hour."""
        return self.exams / self.hours

    def upper(self, quantile: float) -> float:
        """Compute the rate that is not exceeded with this probability, in exams an hour.

        Two things make a rate uncertain, and the larger counts: how few exams were seen (the exact
        upper limit for a Poisson mean), and how much it changes from day to day (the gamma law
        whose counts are negative binomial). The scatter of a count at a given rate is not in it:
        the closed forms of waiting hold that already.

        References
        ----------
        Garwood, *Biometrika* 28, 1936: tail sums of the Poisson law as a gamma integral.
        """
        limit = gamma_quantile(self.exams + 1, quantile=quantile) / self.hours
        if self.spread < _NO_SPREAD or self.exams == 0:
            return limit
        busy = gamma_quantile(1 / self.spread, quantile=quantile) * self.spread * self.mean
        return max(limit, busy)


@dataclass(frozen=True, slots=True)
class ArrivalPattern:
    """What was seen of every hour of the week."""

    cells: Mapping[HourOfWeek, HourRate]

    def rate(self, cell: HourOfWeek) -> HourRate:
        """Look up an hour; a holiday of which none was seen is a Sunday.

        Raises
        ------
        NothingObserved
            If no such hour was seen.
        """
        found = self.cells.get(cell)
        if found is None and cell.kind is DayKind.HOLIDAY:
            found = self.cells.get(HourOfWeek(DayKind.SUNDAY, cell.hour))
        if found is None:
            raise NothingObserved(cell)
        return found


def count_by_hour(instants: Iterable[datetime], *, zone: tzinfo) -> Counter[tuple[date, int]]:
    """Count aware instants by date and hour on the wall; a repeated hour is counted together."""
    walls = (instant.astimezone(zone) for instant in instants)
    return Counter((wall.date(), wall.hour) for wall in walls)


def learn(
    counts: Counts, *, first: date, last: date, zone: tzinfo, holidays: AbstractSet[date]
) -> ArrivalPattern:
    """Learn the rates of the hours of the week from the dates up to, but not including, `last`.

    Parameters
    ----------
    counts
        Exams; those of other dates are left out.
    first, last
        Every hour between them was observed: where `counts` has nothing, nothing came.
    zone
        Of the wall. An hour that the clocks jump over is no exposure, a repeated one is two hours.
    holidays
        Fewer than five of them are taken together with the Sundays.
    """
    seen: dict[HourOfWeek, list[tuple[int, float]]] = {}
    for day in _days(first, last):
        kind = kind_of(day, holidays=holidays)
        for hour, elapsed in enumerate(_elapsed(day, zone)):
            if elapsed > 0:
                count = counts.get((day, hour), 0)
                seen.setdefault(HourOfWeek(kind, hour), []).append((count, elapsed))
    return ArrivalPattern({cell: _weigh(found + _more(cell, seen)) for cell, found in seen.items()})


def _more(
    cell: HourOfWeek, seen: Mapping[HourOfWeek, list[tuple[int, float]]]
) -> list[tuple[int, float]]:
    # One holiday or two are no ground for a seat in every guard of a year.
    if cell.kind is DayKind.HOLIDAY and len(seen[cell]) < _FEWEST_HOLIDAYS:
        return seen.get(HourOfWeek(DayKind.SUNDAY, cell.hour), [])
    return []


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day < last:
        yield day
        day += _DAY


def _elapsed(day: date, zone: tzinfo) -> list[float]:
    midnight = datetime.combine(day, time(0))
    turns = [instant_of(midnight + hour * _HOUR, zone=zone) for hour in range(_HOURS_OF_DAY + 1)]
    return [(turns[hour + 1] - turns[hour]) / _HOUR for hour in range(_HOURS_OF_DAY)]


def _weigh(found: list[tuple[int, float]]) -> HourRate:
    exams, hours = sum(count for count, _ in found), math.fsum(elapsed for _, elapsed in found)
    return HourRate(exams, hours, _measure_spread(found, mean=exams / hours))


def _measure_spread(found: list[tuple[int, float]], *, mean: float) -> float:
    """Measure by moments how much more the counts vary than chance makes them.

    Counts that chance alone would scatter as much in one case of a hundred are taken as they are
    expected: by Fisher's index of dispersion, whose law is chi-square.
    """
    freedom = len(found) - 1
    if mean == 0 or len(found) < _FEWEST_TO_JUDGE:
        return 0.0
    index = math.fsum((count - mean * hours) ** 2 / (mean * hours) for count, hours in found)
    if index < freedom + _ONE_IN_A_HUNDRED * math.sqrt(2 * freedom):
        return 0.0
    variance = math.fsum((count - mean * hours) ** 2 for count, hours in found)
    excess = variance * len(found) / freedom - math.fsum(mean * hours for _, hours in found)
    return max(0.0, excess / math.fsum((mean * hours) ** 2 for _, hours in found))
