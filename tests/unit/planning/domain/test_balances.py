"""What radiologists did and owed in a planning."""

from collections import Counter as Tally
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.solver.nights import begins_in_weekend as weekend_of_the_solver
from app.adapters.solver.nights import deep_night_of
from app.kit.interval import Interval
from app.planning.domain.balances import (
    COUNTERS,
    POINTS,
    Balance,
    Counted,
    balance,
    begins_in_weekend,
    is_deep_night,
)
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.seats import Placement
from tests.factories.placements import MONDAY, OPENING, PARIS, hours, make_reader, on_wall, place

WEEK = hours(0, 24 * 7)


def count(*placements: Placement, **changes: object) -> Counted:
    given: dict[str, object] = {"points": {}, "special": (), "period": WEEK, "zone": PARIS}
    return Counted(placements, **(given | changes))  # type: ignore[arg-type]


def test_what_was_done_is_counted_and_owed_in_equal_parts_by_equals() -> None:
    night = on_wall(date(2026, 3, 25), time(0), time(8))
    saturday = on_wall(date(2026, 3, 28), time(8), time(20))
    counted = count(
        place(1, night),
        place(2, saturday),
        place(3, saturday, radiologist=8),
        place(4, night, radiologist=None),
        points={1: 2000, 2: 1500},
        special={2},
    )

    found = balance(counted, [make_reader(7), make_reader(8)])

    assert found == {
        (7, POINTS): Balance(3500, 2250),
        (8, POINTS): Balance(1000, 2250),
        (7, "nights"): Balance(1000, 500),
        (8, "nights"): Balance(0, 500),
        (7, "weekends"): Balance(1000, 1000),
        (8, "weekends"): Balance(1000, 1000),
        (7, "special"): Balance(1000, 500),
        (8, "special"): Balance(0, 500),
    }


def test_half_a_full_time_owes_half_as_much() -> None:
    found = balance(
        count(place(1, hours(0, 8)), place(2, hours(24, 32)), place(3, hours(48, 56))),
        [make_reader(7), make_reader(8, fte=500)],
    )

    assert found[7, POINTS] == Balance(3000, 2000)
    assert found[8, POINTS] == Balance(0, 1000)


def test_a_lent_seat_counts_among_the_people_of_who_held_it() -> None:
    other = make_reader(8, memberships=(Membership(2, OPENING),))

    found = balance(count(place(1, hours(0, 8), radiologist=8)), [make_reader(7), other])

    assert found[8, POINTS] == Balance(1000, 1000)
    assert found[7, POINTS] == Balance()


def test_an_outside_reader_has_no_part_and_nobody_owes_what_they_did() -> None:
    guest = make_reader(8, memberships=(Membership(1, OPENING, outside=True),))

    found = balance(count(place(1, hours(0, 8), radiologist=8)), [make_reader(7), guest])

    assert found == {(7, counter): Balance() for counter in COUNTERS}


def test_who_changes_society_owes_to_each_its_part() -> None:
    change = MONDAY + timedelta(hours=84)
    moved = make_reader(7, memberships=(Membership(1, OPENING, change), Membership(2, change)))
    stays = make_reader(8, memberships=(Membership(2, OPENING),))

    found = balance(
        count(place(1, hours(0, 8)), place(2, hours(120, 128), radiologist=8)), [moved, stays]
    )

    assert found[7, POINTS] == Balance(1000, 1000 + 333)
    assert found[8, POINTS] == Balance(1000, 667)


def people() -> st.SearchStrategy[list[Reader]]:
    societies, times = st.integers(1, 3), st.integers(1, 1000)
    return st.lists(st.tuples(societies, times), max_size=6).map(
        lambda drawn: [
            make_reader(number, memberships=(Membership(society, OPENING),), fte=fte)
            for number, (society, fte) in enumerate(drawn, start=1)
        ]
    )


@given(
    readers=people(),
    held=st.lists(st.tuples(st.integers(0, 160), st.integers(1, 8)), max_size=12),
    points=st.integers(1, 3000),
)
def test_of_each_society_all_that_is_owed_is_exactly_all_that_was_done(
    readers: list[Reader], held: list[tuple[int, int]], points: int
) -> None:
    seats = [
        place(number, hours(start, start + 8), radiologist=who)
        for number, (start, who) in enumerate(held)
    ]

    found = balance(count(*seats, points=dict.fromkeys(range(len(seats)), points)), readers)

    assert set(found) == {(each.id, counter) for each in readers for counter in COUNTERS}
    society = {each.id: each.memberships[0].society for each in readers}
    left: Tally[tuple[int, str]] = Tally()
    for (reader, counter), each in found.items():
        left[society[reader], counter] += each.done - each.owed
    assert not any(left.values())
    total = points * sum(who in society for _, who in held)
    assert sum(each.done for (_, counter), each in found.items() if counter == POINTS) == total


@pytest.mark.parametrize("shift", (0, 24 * 6, 24 * 215))
@given(start=st.integers(0, 24 * 8 * 4), length=st.integers(1, 24 * 4))
def test_nights_and_weekends_are_those_that_rosters_are_made_by(
    shift: int, start: int, length: int
) -> None:
    # The week, that in which the clocks go forward, and that in which they go back.
    held = hours(shift + start / 4, shift + (start + length) / 4)
    first, last = int(held.start.timestamp()), int(held.end.timestamp())

    assert is_deep_night(held, zone=PARIS) == (deep_night_of(first, last, zone=PARIS) is not None)
    assert begins_in_weekend(held, zone=PARIS) == weekend_of_the_solver(first, zone=PARIS)


def test_a_weekend_begins_on_friday_at_six_and_ends_on_monday_at_eight() -> None:
    def begins(day: int, hour: int, minute: int) -> bool:
        held = on_wall(date(2026, 3, day), time(hour, minute), time(23, 59))
        return begins_in_weekend(Interval(held.start, held.end), zone=PARIS)

    assert not begins(20, 17, 59)
    assert begins(20, 18, 0)
    assert begins(23, 7, 59)
    assert not begins(23, 8, 0)
