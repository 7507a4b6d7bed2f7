"""A month by day and segment, and what societies and radiologists hold in it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.calendar import occurrences
from app.planning.domain.months import (
    Month,
    is_night,
    lay_month,
    touches_rest_day,
    weigh,
)
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, Seat, SeatKind
from app.planning.domain.segments import default_rules

PARIS = ZoneInfo("Europe/Paris")
MARCH = Month(date(2026, 3, 17))
NO_HOLIDAYS: frozenset[date] = frozenset()
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def wall(day: int, hour: int, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=PARIS)


def place(
    number: int,
    start: datetime,
    end: datetime,
    *,
    segment: str = "evening",
    society: int = 1,
    radiologist: int | None = 7,
    line: GuardLine = GuardLine.FIRST,
    kind: SeatKind = SeatKind.READER,
    reason: AssignmentReason = AssignmentReason.ROSTER,
) -> Placement:
    interval = Interval(start, end)
    seat = Seat(number, segment, line, kind, interval, interval)
    return Placement(seat, society, radiologist, reason)


@given(DAYS)
def test_months_follow_each_other_and_share_no_instant(day: date) -> None:
    month = Month(day)

    assert day in month.days
    assert month.next.previous == month
    assert month.measure(zone=PARIS).end == month.next.measure(zone=PARIS).start
    assert {each.month for each in month.days} == {day.month}


def test_a_month_in_which_the_clocks_change_is_an_hour_shorter() -> None:
    assert MARCH.measure(zone=PARIS).duration == timedelta(days=31, hours=-1)


def test_each_guard_stands_on_the_day_of_the_wall_on_which_it_begins() -> None:
    rules = default_rules(zone=PARIS, valid_from=date(2020, 1, 1))
    found = occurrences(rules, first=date(2026, 3, 1), last=date(2026, 4, 1), holidays=NO_HOLIDAYS)
    placements = [
        place(number, each.interval.start, each.interval.end, segment=each.segment)
        for number, each in enumerate(found)
    ]

    rows = lay_month(placements, month=MARCH, zone=PARIS, holidays=NO_HOLIDAYS)

    assert [row.day for row in rows] == list(MARCH.days)
    assert [cell.segment for cell in rows[0].cells] == ["deep_night", "day", "weekend", "evening"]
    assert sum(len(cell.placements) for row in rows for cell in row.cells) == len(found)
    sunday = rows[28]
    assert sunday.is_rest_day
    assert [len(cell.placements) for cell in sunday.cells] == [1, 0, 1, 0]


def test_readers_come_before_their_coordinator_and_the_backup_line() -> None:
    start, end = wall(2, 18), wall(2, 23)
    placements = [
        place(1, start, end, line=GuardLine.BACKUP),
        place(2, start, end, kind=SeatKind.COORDINATOR),
        place(3, start, end),
        place(4, start, end, line=GuardLine.ON_SITE),
    ]

    rows = lay_month(placements, month=MARCH, zone=PARIS, holidays=NO_HOLIDAYS)

    assert [each.seat.id for each in rows[1].cells[0].placements] == [3, 2, 1, 4]


def test_a_night_is_a_seat_that_lasts_over_three_in_the_morning() -> None:
    assert is_night(Interval(wall(2, 20), wall(3, 8)), zone=PARIS)
    assert is_night(Interval(wall(3, 0), wall(3, 8)), zone=PARIS)
    assert not is_night(Interval(wall(2, 18), wall(3, 0)), zone=PARIS)
    assert not is_night(Interval(wall(2, 18), wall(3, 3)), zone=PARIS)
    # 03:00 is the first instant after the gap of 29 March, and comes an hour early.
    assert is_night(Interval(wall(29, 1), wall(29, 4)), zone=PARIS)


def test_a_friday_evening_that_ends_at_midnight_touches_no_weekend() -> None:
    holiday = frozenset({date(2026, 5, 1)})
    friday = Interval(wall(6, 18), wall(7, 0))
    longer = Interval(wall(6, 18), wall(7, 1))
    labour_day = Interval(wall(1, 8, month=5), wall(1, 18, month=5))

    assert not touches_rest_day(friday, zone=PARIS, holidays=NO_HOLIDAYS)
    assert touches_rest_day(longer, zone=PARIS, holidays=NO_HOLIDAYS)
    assert not touches_rest_day(labour_day, zone=PARIS, holidays=NO_HOLIDAYS)
    assert touches_rest_day(labour_day, zone=PARIS, holidays=holiday)


def test_loads_tell_what_is_owed_empty_lent_and_held() -> None:
    night = wall(2, 20), wall(3, 8)
    placements = [
        place(1, *night),
        place(2, wall(7, 8), wall(7, 20), radiologist=None),
        place(3, wall(9, 18), wall(9, 23), radiologist=8, reason=AssignmentReason.LOAN),
    ]

    owed, held = weigh(placements, zone=PARIS, holidays=NO_HOLIDAYS, owners={7: 1, 8: 2})

    assert (owed[1].seats, owed[1].uncovered, owed[1].loans) == (3, 1, 1)
    assert (owed[1].nights, owed[1].weekends) == (1, 1)
    assert (held[7].nights, held[7].loans, held[7].elapsed) == (1, 0, timedelta(hours=12))
    assert (held[8].loans, held[8].by_segment) == (1, {"evening": 1})


@given(st.lists(st.tuples(st.integers(1, 3), st.none() | st.integers(1, 4)), max_size=30))
def test_every_seat_is_owed_once_and_held_at_most_once(
    owed_and_held: list[tuple[int, int | None]],
) -> None:
    start = datetime(2026, 3, 2, 17, tzinfo=UTC)
    placements = [
        place(number, start, start + timedelta(hours=5), society=society, radiologist=holder)
        for number, (society, holder) in enumerate(owed_and_held)
    ]

    owed, held = weigh(placements, zone=PARIS, holidays=NO_HOLIDAYS, owners={})

    empty = sum(each.uncovered for each in owed.values())
    assert sum(each.seats for each in owed.values()) == len(placements)
    assert sum(each.seats for each in held.values()) == len(placements) - empty
