"""What stands before the sharing: kept seats, outside readers, cessions, members of a part."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.period import Cession, Member, Period
from app.planning.domain.sharing.shares import MILLION
from tests.unit.planning.domain.sharing import (
    EVENING,
    MONDAY,
    NIGHT,
    closing,
    is_rounded,
    make_members,
    make_period,
    make_seats,
    totals,
)


@settings(max_examples=50)
@given(
    volumes=st.lists(st.integers(1, 100), min_size=2, max_size=6),
    count=st.integers(2, 40),
    published=st.integers(0, 40),
)
def test_a_period_shared_anew_keeps_what_was_published(
    volumes: list[int], count: int, published: int
) -> None:
    period = make_period(volumes, {EVENING: count, NIGHT: 7})
    first = share_period(period)
    kept = replace(
        period,
        seats=[
            replace(seat, holder=first.owed[seat.id]) if seat.id <= published else seat
            for seat in period.seats
        ],
    )

    again = share_period(kept)

    assert all(again.owed[seat.id] == seat.holder for seat in kept.seats if seat.holder)
    assert all(is_rounded(cell.entitled, cell.seats) for cell in again.cells)
    assert all(is_rounded(*total) for total in totals(again).values())


def test_seats_that_were_published_beyond_a_right_are_the_smallest_excess() -> None:
    seats = make_seats(EVENING, 6)
    kept = [replace(seat, holder=1) if seat.id <= 4 else seat for seat in seats]

    sharing = share_period(Period(start=MONDAY, members=make_members([1, 1, 1]), seats=kept))

    assert [cell.seats for cell in sharing.cells] == [4, 1, 1]
    assert sharing.largest_excess == pytest.approx(2 * MILLION, abs=5)


def test_a_guard_added_in_the_middle_is_shared_with_what_follows() -> None:
    period = make_period([3, 2, 1], {EVENING: 12})
    first = share_period(period)
    added = make_seats(EVENING, 1, first=99, start=MONDAY + timedelta(days=8))
    kept = [
        replace(seat, holder=first.owed[seat.id]) if seat.on < added[0].on else seat
        for seat in period.seats
    ]

    sharing = share_period(replace(period, seats=[*kept, *added]))

    assert all(sharing.owed[seat.id] == seat.holder for seat in kept if seat.holder)
    assert sum(cell.entitled for cell in sharing.cells) == 13 * MILLION
    assert sharing.largest_excess < MILLION


def test_a_guard_cancelled_in_the_middle_leaves_the_rest_exact() -> None:
    period = make_period([3, 2, 1], {EVENING: 12})
    first = share_period(period)
    left = [
        replace(seat, holder=first.owed[seat.id]) if seat.id <= 6 else seat
        for seat in period.seats
        if seat.id != 9
    ]

    sharing = share_period(replace(period, seats=left))

    assert 9 not in sharing.owed
    assert sharing.largest_excess < MILLION


def test_seats_of_outside_readers_are_taken_before_sharing() -> None:
    seats = [replace(seat, outside=seat.id in {2, 5}) for seat in make_seats(EVENING, 8)]

    sharing = share_period(Period(start=MONDAY, members=make_members([2, 1]), seats=seats))

    assert set(sharing.owed) == {1, 3, 4, 6, 7, 8}
    assert [cell.seats for cell in sharing.cells] == [4, 2]
    assert {cell.of_seats for cell in sharing.cells} == {6}


def test_a_cession_moves_the_right_and_the_seats() -> None:
    period = make_period([1, 1], {EVENING: 8, NIGHT: 8})
    cession = Cession(giver=1, taker=2, of=NIGHT, seats=4)

    sharing = share_period(replace(period, cessions=[cession]))

    assert [(cell.of.segment, cell.ceded, cell.seats) for cell in sharing.cells] == [
        ("evening", 0, 4),
        ("evening", 0, 4),
        ("night", -4 * MILLION, 0),
        ("night", 4 * MILLION, 8),
    ]
    assert set(closing(sharing).values()) == {0}


def test_an_exchange_of_kinds_leaves_the_totals_as_they_are() -> None:
    period = make_period([1, 1], {EVENING: 8, NIGHT: 8})
    exchange = Cession(giver=1, taker=2, of=NIGHT, seats=3, returned=EVENING, returned_seats=3)

    sharing = share_period(replace(period, cessions=[exchange]))

    assert [cell.seats for cell in sharing.cells] == [7, 1, 1, 7]
    assert {seats for _, seats in totals(sharing).values()} == {8}


@pytest.mark.parametrize(
    ("start", "end", "seats"),
    [
        (None, None, 0),
        (MONDAY, None, 0),
        (MONDAY - timedelta(days=9), MONDAY, 2),
        (MONDAY + timedelta(days=1), None, 2),
    ],
)
def test_a_cession_holds_for_periods_that_begin_within_its_dates(
    start: date | None, end: date | None, seats: int
) -> None:
    period = make_period([1, 1], {EVENING: 4})
    cession = Cession(giver=1, taker=2, of=EVENING, seats=2, start=start, end=end)

    sharing = share_period(replace(period, cessions=[cession]))

    assert sharing.cells[0].seats == seats


@settings(max_examples=40)
@given(
    volumes=st.lists(st.integers(1, 100), min_size=2, max_size=6),
    count=st.integers(4, 40),
    join=st.integers(1, 38),
)
def test_who_joins_or_leaves_in_the_middle_holds_no_seat_outside_its_dates(
    volumes: list[int], count: int, join: int
) -> None:
    day = MONDAY + timedelta(days=min(join, count - 1))
    first, second, *rest = make_members([*volumes, 50, 60])
    members: list[Member] = [replace(first, joined=day), replace(second, left=day), *rest]
    seats = make_seats(EVENING, count)

    sharing = share_period(Period(start=MONDAY, members=members, seats=seats))

    for seat in seats:
        assert sharing.owed[seat.id] != (first.id if seat.on < day else second.id)
    assert sum(cell.entitled for cell in sharing.cells) == count * MILLION
    assert sharing.largest_excess < MILLION


def test_a_seat_kept_by_a_stranger_is_refused() -> None:
    seats = [replace(seat, holder=7) for seat in make_seats(EVENING, 1)]

    with pytest.raises(ValueError, match="no member of the period: 7"):
        share_period(Period(start=MONDAY, members=make_members([1]), seats=seats))
