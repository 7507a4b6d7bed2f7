"""Seats that are alike stand in one row: who of a row sits where is decided after the search.

Seats of one guard with the same hours, kind, skills and points may be exchanged without anybody
noticing. To count a row instead of naming its seats takes these symmetries out of the model.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from app.adapters.solver.nights import begins_in_weekend, deep_night_of
from app.planning.domain.roster.problem import RosterProblem
from app.planning.domain.seats import GuardLine, KindOfSeat, Seat
from app.planning.domain.sharing.period import WeekdayClass

POINT = 1000
"""Thousandths: what a seat counts where the problem does not say."""

_LATE_DAYS = {4: WeekdayClass.FRIDAY, 5: WeekdayClass.SATURDAY, 6: WeekdayClass.SUNDAY}


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Seats between which a society may exchange dates: what sharing counted apart stays apart."""

    kind: KindOfSeat
    weekday: WeekdayClass
    is_special: bool
    is_weekend: bool
    is_deep_night: bool
    points: int
    site: int = 0
    """Of an on-site line: the seats of two sites are never exchanged, their referents owe them."""


@dataclass(frozen=True, slots=True)
class Row:
    """Free seats that are alike.

    Parameters
    ----------
    start, end
        Seconds since the epoch.
    owed
        Seats by society, as shared.
    demands
        Which demands of the problem, by place, speak of these seats.
    """

    number: int
    seats: tuple[Seat, ...]
    start: int
    end: int
    cell: Cell
    owed: Mapping[int, int]
    demands: frozenset[int]

    @property
    def size(self) -> int:
        """How many seats."""
        return len(self.seats)

    @property
    def is_on_site(self) -> bool:
        """Do its holders stand in a site?"""
        return self.cell.kind.line is GuardLine.ON_SITE

    @property
    def model(self) -> Seat:
        """Any of the seats; all are alike."""
        return self.seats[0]


def cell_of(seat: Seat, problem: RosterProblem) -> Cell:
    """Say in which cell a seat is counted."""
    start, end = int(seat.interval.start.timestamp()), int(seat.interval.end.timestamp())
    return Cell(
        kind=seat.of,
        weekday=weekday_class(seat, zone=problem.zone),
        is_special=seat.id in problem.special,
        is_weekend=begins_in_weekend(start, zone=problem.zone),
        is_deep_night=deep_night_of(start, end, zone=problem.zone) is not None,
        points=problem.points.get(seat.id, POINT),
        site=seat.site or 0,
    )


def weekday_class(seat: Seat, *, zone: tzinfo) -> WeekdayClass:
    """Say in which class the date lies on which a seat begins."""
    weekday = seat.interval.start.astimezone(zone).weekday()
    return _LATE_DAYS.get(weekday, WeekdayClass.MONDAY_TO_THURSDAY)


def is_settled(seat: Seat, problem: RosterProblem) -> bool:
    """Say whether the seat keeps its holder, because it is fixed or has begun."""
    return seat.id in problem.fixed or seat.interval.start <= problem.now


def settled_holder(seat: Seat, problem: RosterProblem) -> int | None:
    """Say who keeps a settled seat."""
    return problem.fixed.get(seat.id, problem.published.get(seat.id))


def form_rows(seats: Iterable[Seat], *, problem: RosterProblem) -> tuple[Row, ...]:
    """Form rows of the seats that are not settled, by start, then first seat."""
    demands: defaultdict[int, set[int]] = defaultdict(set)
    for place, demand in enumerate(problem.demands):
        for seat_id in demand.seats:
            demands[seat_id].add(place)
    alike: defaultdict[object, list[Seat]] = defaultdict(list)
    for seat in sorted(seats, key=lambda each: (each.interval.start, each.id)):
        sort = (seat.interval, seat.guard, cell_of(seat, problem), seat.site, seat.skills)
        alike[sort, frozenset(demands[seat.id])].append(seat)
    rows = sorted(alike.values(), key=lambda own: (own[0].interval.start, own[0].id))
    return tuple(
        Row(
            number=number,
            seats=tuple(own),
            start=int(own[0].interval.start.timestamp()),
            end=int(own[0].interval.end.timestamp()),
            cell=cell_of(own[0], problem),
            owed=Counter(problem.owed[seat.id] for seat in own),
            demands=frozenset(demands[own[0].id]),
        )
        for number, own in enumerate(rows)
    )
