"""Weekends, at their bounds."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.roster.people import Work
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Placement
from app.planning.domain.validator import Severity, judge
from tests.factories.placements import PARIS, UNLIMITED, broken, make_reader, on_wall, place

SATURDAY = date(2026, 3, 21)
ONE_OF_TWO = replace(UNLIMITED, most_weekends=1, of_weekends=2)


def saturdays(*weeks: int, first: date = SATURDAY) -> list[Placement]:
    return [
        place(number, on_wall(first + timedelta(weeks=week), time(9), time(12)))
        for number, week in enumerate(weeks, start=1)
    ]


@pytest.mark.parametrize(("weeks", "is_broken"), (((0, 2), False), ((0, 1), True)))
@pytest.mark.parametrize("first", (SATURDAY, date(2026, 12, 26), date(2026, 10, 17)))
def test_one_weekend_of_two(weeks: tuple[int, ...], first: date, *, is_broken: bool) -> None:
    found = broken(*saturdays(*weeks, first=first), reader=make_reader(profile=ONE_OF_TWO))

    assert found == ([(Rule.WEEKENDS, (1, 2))] if is_broken else [])


@pytest.mark.parametrize(
    ("day", "start", "end", "is_weekend"),
    (
        (date(2026, 3, 27), time(8), time(18), False),
        (date(2026, 3, 27), time(8), time(18, 1), True),
        (date(2026, 3, 30), time(0), time(8), True),
        (date(2026, 3, 30), time(7, 59), time(9), True),
        (date(2026, 3, 30), time(8), time(20), False),
    ),
)
def test_a_weekend_is_from_friday_six_in_the_evening_to_monday_eight(
    day: date, start: time, end: time, *, is_weekend: bool
) -> None:
    before = place(1, on_wall(SATURDAY, time(9), time(12)))

    found = broken(
        before, place(2, on_wall(day, start, end)), reader=make_reader(profile=ONE_OF_TWO)
    )

    assert bool(found) is is_weekend


def test_two_seats_of_one_weekend_are_one_weekend() -> None:
    sunday = place(2, on_wall(SATURDAY + timedelta(days=1), time(9), time(12)))

    assert broken(*saturdays(0), sunday, reader=make_reader(profile=ONE_OF_TWO)) == []


def test_past_weekends_count_and_the_rule_is_soft_unless_the_statute_says_otherwise() -> None:
    past = (Work(saturdays(-1)[0].seat.interval),)

    def rate(soft: frozenset[Rule]) -> list[Severity]:
        reader = make_reader(profile=replace(ONE_OF_TWO, soft=soft), past=past)
        found = judge(saturdays(0), readers=[reader], zone=PARIS)
        return [each.severity for each in found]

    assert rate(ONE_OF_TWO.soft) == [Severity.SOFT]
    assert rate(frozenset()) == [Severity.HARD]


@given(
    weeks=st.sets(st.integers(0, 40), max_size=20),
    most=st.integers(1, 3),
    more=st.integers(0, 3),
)
def test_weekends_agree_with_a_row_of_weekends_that_are_ticked(
    weeks: set[int], most: int, more: int
) -> None:
    profile = replace(UNLIMITED, most_weekends=most, of_weekends=most + more)
    in_order = sorted(weeks)

    found = broken(*saturdays(*in_order), reader=make_reader(profile=profile))

    ticked = "".join("x" if week in weeks else "-" for week in range(-6, 50))
    involved = {
        in_order.index(week) + 1
        for start in range(len(ticked))
        if ticked[start : start + most + more].count("x") > most
        for week in range(start - 6, start - 6 + most + more)
        if week in weeks
    }
    assert {seat for _, seats in found for seat in seats} == involved
