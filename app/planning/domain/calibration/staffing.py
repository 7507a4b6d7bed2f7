"""How many seats each hour and each segment need by the closed forms, and which bound decides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.planning.domain.calibration.arrivals import ArrivalPattern, HourOfWeek
from app.planning.domain.calibration.criteria import MINUTES_OF_HOUR, Criteria
from app.planning.domain.calibration.horizon import GuardHours, Horizon
from app.planning.domain.calibration.load import offered_loads
from app.planning.domain.calibration.tails import count_quantile
from app.planning.domain.queueing import fewest_seats

_TOLERANCE = 1e-9


class Bound(StrEnum):
    """What asks for the number of seats of a segment; of several, the first here is named."""

    WAIT = "wait"
    """The limit of time."""
    CEILING = "ceiling"
    """What a reader can do in an hour without tiring."""
    SAFETY = "safety"
    """Never fewer, however quiet."""


@dataclass(frozen=True, slots=True)
class HourNeed:
    """What an hour needs.

    Parameters
    ----------
    rate
        Exams an hour that are planned for.
    load
        Seats that they keep busy, those of the hours before among them.
    for_wait, for_ceiling
        Seats by the limit of time, and by the cap of an hour.
    """

    cell: HourOfWeek
    rate: float
    load: float
    for_wait: int
    for_ceiling: int

    @property
    def seats(self) -> int:
        """Seats by both."""
        return max(self.for_wait, self.for_ceiling)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentNeed:
    """What a segment needs, and what its readers will have to do.

    Parameters
    ----------
    wanted
        Readers of the first line by each bound.
    deciding
        The hour that needs most.
    guards, hours, exams
        Its guards in the horizon, their elapsed hours together, and the exams expected in them.
    busiest_count
        Exams in the deciding hour, not exceeded in the share of the criteria.
    """

    segment: str
    wanted: Mapping[Bound, int]
    deciding: HourNeed
    guards: int
    hours: float
    exams: float
    busiest_count: int

    @property
    def seats(self) -> int:
        """Seats by all bounds."""
        return max(self.wanted.values())

    @property
    def bound(self) -> Bound:
        """What asks for so many seats."""
        return next(bound for bound in Bound if self.wanted[bound] == self.seats)

    @property
    def least(self) -> int:
        """Seats below which none may be lowered, however short the waits."""
        return max(self.wanted[Bound.CEILING], self.wanted[Bound.SAFETY])

    @property
    def exams_per_guard(self) -> float:
        """Exams expected in one guard, by all its readers."""
        return self.exams / self.hours * self.mean_length

    @property
    def mean_length(self) -> float:
        """Elapsed hours of a guard, in the mean."""
        return self.hours / max(self.guards, 1)

    @property
    def per_seat_and_hour(self) -> float:
        """Exams of a reader in an hour, over whole guards."""
        return self.exams / self.hours / self.seats

    @property
    def busiest_per_seat(self) -> float:
        """Exams of a reader in the deciding hour, not exceeded in the share of the criteria."""
        return self.busiest_count / self.seats


def planned_rates(pattern: ArrivalPattern, *, horizon: Horizon, quantile: float) -> list[float]:
    """List the rate of each hour that is planned for: one that is not exceeded in most days.

    Raises
    ------
    NothingObserved
        If the pattern lacks an hour of the horizon.
    """
    upper = {cell: pattern.rate(cell).upper(quantile) for cell in dict.fromkeys(horizon.cells)}
    return [upper[cell] for cell in horizon.cells]


def needs_by_hour(
    pattern: ArrivalPattern, *, horizon: Horizon, criteria: Criteria
) -> list[HourNeed]:
    """Work out each hour of the horizon by itself.

    Raises
    ------
    NothingObserved
        If the pattern lacks an hour of the horizon.
    """
    rates = planned_rates(pattern, horizon=horizon, quantile=criteria.quantile)
    loads = offered_loads(rates, read=criteria.read_in_hours)
    known: dict[tuple[HourOfWeek, float], HourNeed] = {}
    for cell, rate, exact in zip(horizon.cells, rates, loads, strict=True):
        load = round(exact, 9)
        if (cell, load) not in known:
            known[cell, load] = HourNeed(
                cell=cell,
                rate=rate,
                load=load,
                for_wait=_seats_for_wait(load, criteria),
                for_ceiling=_least_above(rate / criteria.hourly_cap),
            )
    return [known[cell, round(load, 9)] for cell, load in zip(horizon.cells, loads, strict=True)]


def needs_by_segment(
    pattern: ArrivalPattern, *, horizon: Horizon, criteria: Criteria
) -> list[SegmentNeed]:
    """Work out each segment: the most that one of its hours needs, by whatever bound asks for it.

    Returns
    -------
    list
        In the order of the segments' first guards.

    Raises
    ------
    NothingObserved
        If the pattern lacks an hour of the horizon.
    """
    hours = needs_by_hour(pattern, horizon=horizon, criteria=criteria)
    return [
        _need(
            segment,
            guards=horizon.of_segment(segment),
            hours=hours,
            pattern=pattern,
            criteria=criteria,
        )
        for segment in horizon.segments
    ]


def expected_exams(
    guard: GuardHours, *, cells: Sequence[HourOfWeek], pattern: ArrivalPattern
) -> float:
    """Compute how many exams arrive in a guard, in the mean."""
    return math.fsum(pattern.rate(cells[hour]).mean * part for hour, part in guard.parts())


def _need(
    segment: str,
    *,
    guards: Sequence[GuardHours],
    hours: Sequence[HourNeed],
    pattern: ArrivalPattern,
    criteria: Criteria,
) -> SegmentNeed:
    inside = [hours[hour] for guard in guards for hour, _ in guard.parts()]
    deciding = max(inside, key=lambda each: (each.seats, each.load, each.rate))
    cells = [each.cell for each in hours]
    elapsed = math.fsum(guard.length for guard in guards)
    exams = math.fsum(expected_exams(each, cells=cells, pattern=pattern) for each in guards)
    wanted = {
        Bound.WAIT: max(each.for_wait for each in inside),
        Bound.CEILING: max(
            _least_above(exams / elapsed / criteria.mean_cap),
            *(each.for_ceiling for each in inside),
        ),
        Bound.SAFETY: criteria.least(segment),
    }
    seen = pattern.rate(deciding.cell)
    return SegmentNeed(
        segment=segment,
        wanted=wanted,
        deciding=deciding,
        guards=sum(guard.begins_inside for guard in guards),
        hours=elapsed,
        exams=exams,
        busiest_count=count_quantile(criteria.quantile, mean=seen.mean, spread=seen.spread),
    )


def _seats_for_wait(load: float, criteria: Criteria) -> int:
    within = criteria.wait_min / MINUTES_OF_HOUR
    read = criteria.read_in_hours.mean
    return fewest_seats(load=load, read=read, within=within, target=criteria.target)


def _least_above(seats: float) -> int:
    return max(1, math.ceil(seats - _TOLERANCE))
