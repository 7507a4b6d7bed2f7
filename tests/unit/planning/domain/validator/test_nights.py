"""Nights in a row and in 28 days, at their bounds."""

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.roster.people import Work
from app.planning.domain.roster.profile import Profile, Rule
from app.planning.domain.seats import Placement
from tests.factories.placements import UNLIMITED, broken, make_reader, on_wall, place

FIRST = date(2026, 3, 16)


def nights(*days: int, first: date = FIRST) -> list[Placement]:
    """Place seats from 22:00 to 04:00, which leave rest enough."""
    return [
        place(number, on_wall(first + timedelta(days=day), time(22), time(4)))
        for number, day in enumerate(days, start=1)
    ]


def at_most(*, in_a_row: int | None = None, in_28: int | None = None) -> Profile:
    return replace(UNLIMITED, most_consecutive_nights=in_a_row, most_nights_in_28_days=in_28)


@pytest.mark.parametrize(
    ("days", "rules"), (((0, 1, 2), []), ((0, 1, 2, 3), [Rule.CONSECUTIVE_NIGHTS]))
)
@pytest.mark.parametrize(
    "first", (FIRST, date(2026, 3, 27), date(2026, 10, 23), date(2026, 12, 30))
)
def test_three_nights_in_a_row_and_no_more(
    days: tuple[int, ...], rules: list[Rule], first: date
) -> None:
    reader = make_reader(profile=at_most(in_a_row=3))

    assert [rule for rule, _ in broken(*nights(*days, first=first), reader=reader)] == rules


def test_a_night_off_begins_a_new_row() -> None:
    reader = make_reader(profile=at_most(in_a_row=2))

    assert broken(*nights(0, 1, 3, 4), reader=reader) == []


def test_past_nights_stand_in_the_row_too() -> None:
    past = tuple(Work(each.seat.interval) for each in nights(-2, -1))
    reader = make_reader(profile=at_most(in_a_row=3), past=past)

    assert broken(*nights(0), reader=reader) == []
    assert broken(*nights(0, 1), reader=reader) == [(Rule.CONSECUTIVE_NIGHTS, (1, 2))]


@pytest.mark.parametrize(
    ("start", "end", "is_night"),
    (
        (time(18), time(23, 59), False),
        (time(18), time(0), True),
        (time(3), time(8), True),
        (time(3, 1), time(8), False),
        (time(6), time(21), False),
    ),
)
def test_three_hours_between_nine_and_six_make_a_night(
    start: time, end: time, *, is_night: bool
) -> None:
    none_at_all = make_reader(profile=at_most(in_a_row=0))

    found = broken(place(1, on_wall(FIRST, start, end)), reader=none_at_all)

    assert [rule for rule, _ in found if rule is Rule.CONSECUTIVE_NIGHTS] == (
        [Rule.CONSECUTIVE_NIGHTS] if is_night else []
    )


def test_the_hour_that_the_clocks_jump_over_is_no_hour_of_night() -> None:
    none_at_all = make_reader(profile=at_most(in_a_row=0))

    def is_night(day: date) -> bool:
        seat = place(1, on_wall(day, time(1), time(4)))
        return bool(broken(seat, reader=none_at_all))

    assert is_night(date(2026, 3, 28))
    assert not is_night(date(2026, 3, 29))
    assert is_night(date(2026, 10, 25))


def test_two_seats_may_make_one_night_together() -> None:
    none_at_all = make_reader(profile=at_most(in_a_row=0))
    evening = place(1, on_wall(FIRST, time(21), time(23)))
    night = place(2, on_wall(FIRST, time(23), time(0)))

    assert broken(evening, reader=none_at_all) == []
    assert broken(evening, night, reader=none_at_all) == [(Rule.CONSECUTIVE_NIGHTS, (1, 2))]


@pytest.mark.parametrize(("last", "rules"), ((27, [Rule.NIGHTS]), (28, [])))
@pytest.mark.parametrize("first", (FIRST, date(2026, 12, 10)))
def test_nights_are_counted_in_any_28_dates(last: int, rules: list[Rule], first: date) -> None:
    reader = make_reader(profile=at_most(in_28=2))

    found = broken(*nights(0, 9, last, first=first), reader=reader)

    assert [rule for rule, _ in found] == rules


@given(
    days=st.sets(st.integers(0, 70), max_size=30),
    past=st.sets(st.integers(-30, -1), max_size=10),
    in_a_row=st.integers(1, 4),
    in_28=st.integers(4, 9),
)
def test_nights_agree_with_a_calendar_on_which_they_are_ticked(
    days: set[int], past: set[int], in_a_row: int, in_28: int
) -> None:
    placements = nights(*sorted(days))
    reader = make_reader(
        profile=at_most(in_a_row=in_a_row, in_28=in_28),
        past=tuple(Work(each.seat.interval) for each in nights(*sorted(past))),
    )

    found = broken(*placements, reader=reader)

    number_of = {day: number for number, day in enumerate(sorted(days), start=1)}
    ticked = [day in days or day in past for day in range(-60, 120)]
    rows = [
        list(group)
        for works, group in groupby(range(-60, 120), key=lambda day: ticked[day + 60])
        if works
    ]
    in_rows = {number_of[day] for row in rows if len(row) > in_a_row for day in row if day in days}
    in_full = {
        number_of[day]
        for start in range(60 - 28, 150)
        if sum(ticked[start : start + 28]) > in_28
        for day in range(start - 60, start - 32)
        if day in days
    }
    told = {
        rule: {seat for each, seats in found if each is rule for seat in seats}
        for rule in (Rule.CONSECUTIVE_NIGHTS, Rule.NIGHTS)
    }
    assert told == {Rule.CONSECUTIVE_NIGHTS: in_rows, Rule.NIGHTS: in_full}
