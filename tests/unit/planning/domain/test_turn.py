"""Radiologists by turn: rest, absences, loans, and seats that stay empty."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.calendar import occurrences
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.seats import (
    AssignmentReason,
    GuardLine,
    Placement,
    Seat,
    SeatKind,
)
from app.planning.domain.segments import default_rules
from app.planning.domain.turn import take_turns
from app.planning.domain.validator import Severity, Violation, judge

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_interval(*, start_h: float, hours: float = 12) -> Interval:
    start = MONDAY + timedelta(hours=start_h)
    return Interval(start, start + timedelta(hours=hours))


def make_seat(
    number: int, *, start_h: float = 0, hours: float = 12, kind: SeatKind = SeatKind.READER
) -> Seat:
    interval = make_interval(start_h=start_h, hours=hours)
    return Seat(
        id=number,
        segment="night",
        line=GuardLine.FIRST,
        kind=kind,
        interval=interval,
        guard=interval,
    )


def make_reader(
    number: int,
    *,
    society: int = 1,
    absences: tuple[Interval, ...] = (),
    end: datetime | None = None,
) -> Reader:
    return Reader(id=number, memberships=(Membership(society, LONG_AGO, end),), absences=absences)


def roster(
    seats: list[Seat],
    readers: list[Reader],
    *,
    societies: dict[int, int] | None = None,
    held: dict[int, list[Interval]] | None = None,
) -> list[Placement]:
    return take_turns(
        seats,
        societies=societies or {seat.id: 1 for seat in seats},
        readers=readers,
        held=held or {},
        zone=PARIS,
    )


def holders(placements: list[Placement]) -> list[int | None]:
    return [placement.radiologist for placement in placements]


def test_the_one_with_the_fewest_seats_comes_first_and_ties_go_by_id() -> None:
    seats = [make_seat(number, start_h=24 * number) for number in range(1, 6)]

    placements = roster(seats, [make_reader(8), make_reader(7)])

    assert holders(placements) == [7, 8, 7, 8, 7]
    assert {placement.reason for placement in placements} == {AssignmentReason.QUOTA}


def test_seats_held_already_count_as_turns_taken() -> None:
    last_week = [make_interval(start_h=-200), make_interval(start_h=-100)]

    placements = roster(
        [make_seat(1), make_seat(2, start_h=24)],
        [make_reader(7), make_reader(8)],
        held={7: last_week},
    )

    assert holders(placements) == [8, 8]


def test_nobody_holds_two_seats_of_one_guard() -> None:
    placements = roster([make_seat(1), make_seat(2)], [make_reader(7)])

    assert holders(placements) == [7, None]


def test_a_coordinator_holds_no_reader_seat_at_the_same_time() -> None:
    seats = [make_seat(1), make_seat(2, kind=SeatKind.COORDINATOR)]

    placements = roster(seats, [make_reader(7), make_reader(8)])

    assert holders(placements) == [7, 8]


def test_eleven_hours_of_rest_are_kept_on_both_sides_of_a_held_seat() -> None:
    held = {7: [make_interval(start_h=24, hours=8)]}

    def holder_of(seat: Seat) -> int | None:
        return holders(roster([seat], [make_reader(7)], held=held))[0]

    assert holder_of(make_seat(1, start_h=32 + 10.9)) is None
    assert holder_of(make_seat(1, start_h=32 + 11)) == 7
    assert holder_of(make_seat(1, start_h=24 - 11 - 12)) == 7
    assert holder_of(make_seat(1, start_h=24 - 10.9 - 12)) is None


def test_rest_is_elapsed_time_on_the_short_night() -> None:
    # 20:00 to 07:00 on the wall is ten hours when the clocks jump: not enough.
    paris = ZoneInfo("Europe/Paris")
    evening = Interval(
        datetime(2026, 3, 28, 8, tzinfo=paris), datetime(2026, 3, 28, 20, tzinfo=paris)
    )
    morning = Interval(
        datetime(2026, 3, 29, 7, tzinfo=paris), datetime(2026, 3, 29, 12, tzinfo=paris)
    )
    seat = Seat(
        id=1,
        segment="day",
        line=GuardLine.FIRST,
        kind=SeatKind.READER,
        interval=morning,
        guard=morning,
    )

    assert holders(roster([seat], [make_reader(7)], held={7: [evening]})) == [None]


def test_absent_radiologists_are_passed_over() -> None:
    away = make_reader(7, absences=(make_interval(start_h=11, hours=1),))

    assert holders(roster([make_seat(1)], [away, make_reader(8)])) == [8]


def test_another_society_lends_when_the_own_has_nobody() -> None:
    placements = roster([make_seat(1)], [make_reader(7, society=2), make_reader(6, society=3)])

    assert holders(placements) == [6]
    assert placements[0].society == 1
    assert placements[0].reason is AssignmentReason.LOAN


def test_who_has_left_every_society_holds_nothing() -> None:
    gone = make_reader(7, end=MONDAY)

    placements = roster([make_seat(1)], [gone])

    assert holders(placements) == [None]
    assert placements[0].reason is AssignmentReason.QUOTA


def test_without_anybody_every_seat_is_shown_uncovered() -> None:
    seats = [make_seat(2), make_seat(1)]

    placements = roster(seats, [])

    assert [placement.seat.id for placement in placements] == [1, 2]
    assert holders(placements) == [None, None]


absence_days = st.tuples(st.integers(0, 27), st.integers(1, 10))


# Each of four weeks: a tenth of a second.
@settings(max_examples=40)
@given(
    societies=st.lists(st.integers(1, 3), min_size=0, max_size=8),
    absences=st.dictionaries(st.integers(0, 7), st.lists(absence_days, max_size=3), max_size=8),
    seats_per_guard=st.integers(1, 2),
)
def test_no_roster_breaks_a_rule_and_none_leaves_empty_what_someone_may_hold(
    societies: list[int], absences: dict[int, list[tuple[int, int]]], seats_per_guard: int
) -> None:
    readers = [
        make_reader(
            number,
            society=society,
            absences=tuple(
                make_interval(start_h=24 * day, hours=24 * days)
                for day, days in absences.get(number, [])
            ),
        )
        for number, society in enumerate(societies)
    ]
    seats = month_of_seats(seats_per_guard)
    owed = {seat.id: seat.id % 3 + 1 for seat in seats}

    placements = roster(seats, readers, societies=owed)

    assert find_hard(placements, readers) == []
    assert [placement.seat.id for placement in placements] == [seat.id for seat in seats]
    for placement in placements:
        if placement.radiologist is None:
            assert all(is_barred(reader, placement, placements) for reader in readers)


def find_hard(placements: list[Placement], readers: list[Reader]) -> list[Violation]:
    found = judge(placements, readers=readers, zone=PARIS)
    return [each for each in found if each.severity is not Severity.SOFT]


def month_of_seats(seats_per_guard: int) -> list[Seat]:
    """Build the seats of four weeks around the short night."""
    monday = date(2026, 3, 16)
    rules = default_rules(zone=PARIS, valid_from=monday)
    found = occurrences(rules, first=monday, last=monday + timedelta(days=28), holidays=set())
    return [
        Seat(
            id=seats_per_guard * number + place,
            segment=each.segment,
            line=GuardLine.FIRST,
            kind=SeatKind.READER,
            interval=each.interval,
            guard=each.interval,
        )
        for number, each in enumerate(found)
        for place in range(seats_per_guard)
    ]


def is_barred(reader: Reader, empty: Placement, placements: list[Placement]) -> bool:
    own = [each for each in placements if each.radiologist == reader.id]
    lent = Placement(empty.seat, empty.society, reader.id, AssignmentReason.LOAN)
    wanted = empty.seat.interval
    touches = any(
        wanted.end == each.seat.interval.start or each.seat.interval.end == wanted.start
        for each in own
    )
    return touches or bool(find_hard([*own, lent], [reader]))


def test_equal_colleagues_end_within_a_few_seats_of_each_other() -> None:
    readers = [make_reader(number) for number in range(8)]

    placements = roster(month_of_seats(1), readers)

    counts = Counter(holders(placements))
    assert None not in counts
    assert all(abs(one - two) <= 1 for one, two in combinations(counts.values(), 2))
