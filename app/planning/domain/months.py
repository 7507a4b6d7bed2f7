"""A month of a planning as people read it: days by segments, and who holds how much beside it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of, midnight_of
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement

_DAY = timedelta(days=1)
_SATURDAY = 5
_DEEP = time(3)
_LINES = (GuardLine.FIRST, GuardLine.BACKUP, GuardLine.ON_SITE)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar, by its first day."""

    first: date

    def __post_init__(self) -> None:
        """Bring any day of the month to its first."""
        object.__setattr__(self, "first", self.first.replace(day=1))

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month(self.first + timedelta(days=31))

    @property
    def previous(self) -> "Month":
        """The month before."""
        return Month(self.first - _DAY)

    @property
    def days(self) -> tuple[date, ...]:
        """Its days, in order."""
        count = (self.next.first - self.first).days
        return tuple(self.first + timedelta(days=number) for number in range(count))

    def measure(self, *, zone: tzinfo) -> Interval:
        """Return its instants, from midnight to midnight where the group is."""
        return Interval(midnight_of(self.first, zone=zone), midnight_of(self.next.first, zone=zone))


@dataclass(frozen=True, slots=True)
class Cell:
    """The seats of one segment that begin on one day, by line, coordinators last, then id."""

    segment: str
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day, with one cell for each segment of the month."""

    day: date
    is_rest_day: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What a society or a radiologist holds.

    Parameters
    ----------
    by_segment
        Seats, by segment.
    nights
        Seats that last over 03:00 on the wall: somebody did not sleep.
    weekends
        Seats that touch a Saturday, a Sunday or a holiday.
    elapsed
        Time on guard.
    uncovered
        Seats that a society owes and nobody holds; 0 for a radiologist.
    loans
        Seats held for another society.
    """

    seats: int = 0
    by_segment: Mapping[str, int] | None = None
    nights: int = 0
    weekends: int = 0
    elapsed: timedelta = timedelta(0)
    uncovered: int = 0
    loans: int = 0


def lay_month(
    placements: Iterable[Placement],
    *,
    month: Month,
    zone: tzinfo,
    holidays: AbstractSet[date],
) -> list[DayRow]:
    """Lay the seats that begin in a month out by day and segment.

    Returns
    -------
    list
        One row for each day of the month; all have the same segments, in the order in which they
        begin in the day.
    """
    cells: defaultdict[tuple[date, str], list[Placement]] = defaultdict(list)
    starts: dict[str, time] = {}
    for each in placements:
        wall = each.seat.guard.start.astimezone(zone)
        cells[wall.date(), each.seat.segment].append(each)
        starts[each.seat.segment] = min(starts.get(each.seat.segment, time.max), wall.time())
    segments = sorted(starts, key=lambda code: (starts[code], code))
    return [
        DayRow(
            day=day,
            is_rest_day=_is_rest_day(day, holidays),
            cells=tuple(
                Cell(segment=code, placements=tuple(sorted(cells[day, code], key=_place)))
                for code in segments
            ),
        )
        for day in month.days
    ]


def _place(placement: Placement) -> tuple[int, str, int]:
    seat = placement.seat
    # "reader" sorts behind "coordinator", who is named last.
    return _LINES.index(seat.line), "" if seat.kind == "reader" else seat.kind.value, seat.id


def weigh(
    placements: Collection[Placement],
    *,
    zone: tzinfo,
    holidays: AbstractSet[date],
    owners: Mapping[int, int],
) -> tuple[dict[int, Load], dict[int, Load]]:
    """Sum up what societies owe, and what radiologists hold.

    Parameters
    ----------
    owners
        The society of each radiologist.
    """
    societies: defaultdict[int, list[Placement]] = defaultdict(list)
    people: defaultdict[int | None, list[Placement]] = defaultdict(list)
    for each in placements:
        societies[each.society].append(each)
        people[each.radiologist].append(each)
    owed = {
        society: replace(
            _sum(own, zone=zone, holidays=holidays),
            uncovered=sum(each.radiologist is None for each in own),
            loans=sum(_is_loan(each) for each in own),
        )
        for society, own in societies.items()
    }
    held = {
        person: replace(
            _sum(own, zone=zone, holidays=holidays),
            loans=sum(each.society != owners.get(person, each.society) for each in own),
        )
        for person, own in people.items()
        if person is not None
    }
    return owed, held


def _is_loan(placement: Placement) -> bool:
    return placement.radiologist is not None and placement.reason is AssignmentReason.LOAN


def _sum(own: Sequence[Placement], *, zone: tzinfo, holidays: AbstractSet[date]) -> Load:
    return Load(
        seats=len(own),
        by_segment=Counter(each.seat.segment for each in own),
        nights=sum(is_night(each.seat.interval, zone=zone) for each in own),
        weekends=sum(
            touches_rest_day(each.seat.interval, zone=zone, holidays=holidays) for each in own
        ),
        elapsed=sum((each.seat.interval.duration for each in own), timedelta(0)),
    )


def is_night(interval: Interval, *, zone: tzinfo) -> bool:
    """Tell whether it contains a 03:00 of the wall."""
    day = interval.start.astimezone(zone).date()
    return any(
        interval.contains(instant_of(datetime.combine(each, _DEEP), zone=zone))
        for each in (day, day + _DAY)
    )


def touches_rest_day(interval: Interval, *, zone: tzinfo, holidays: AbstractSet[date]) -> bool:
    """Tell whether it shares an instant with a Saturday, a Sunday or a holiday."""
    day = interval.start.astimezone(zone).date()
    last = (interval.end - timedelta.resolution).astimezone(zone).date()
    while day <= last:
        if _is_rest_day(day, holidays):
            return True
        day += _DAY
    return False


def _is_rest_day(day: date, holidays: AbstractSet[date]) -> bool:
    return day.weekday() >= _SATURDAY or day in holidays
