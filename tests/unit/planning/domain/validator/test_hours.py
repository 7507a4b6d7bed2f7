"""Hours in any seven days and on average, at their bounds."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.roster.people import Work
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Placement
from tests.factories.placements import (
    UNLIMITED,
    broken,
    hours,
    make_reader,
    on_wall,
    place,
)

SEVEN_DAYS = replace(
    UNLIMITED, most_hours=timedelta(hours=20), most_hours_in_7_days=timedelta(hours=24)
)


def days(*starts: int, length: float = 12) -> list[Placement]:
    return [
        place(number, hours(24 * day, 24 * day + length))
        for number, day in enumerate(starts, start=1)
    ]


@pytest.mark.parametrize(
    ("starts", "rules"),
    (((0, 3), []), ((0, 3, 6), [Rule.WEEK_HOURS]), ((0, 3, 7), []), ((0, 3, 7, 10), [])),
)
def test_hours_are_counted_in_any_seven_days(starts: tuple[int, ...], rules: list[Rule]) -> None:
    found = broken(*days(*starts), reader=make_reader(profile=SEVEN_DAYS))

    assert [rule for rule, _ in found] == rules


def test_seven_days_may_begin_in_the_middle_of_a_seat() -> None:
    # 168 hours that end with the third seat leave out the first half of the first one.
    found = broken(
        place(1, hours(0, 12)),
        place(2, hours(48, 60)),
        place(3, hours(162, 174.5)),
        reader=make_reader(profile=SEVEN_DAYS),
    )

    assert found == [(Rule.WEEK_HOURS, (1, 2, 3))]


@pytest.mark.parametrize(("length", "is_broken"), ((12, False), (12.5, True)))
@pytest.mark.parametrize("years_end", (False, True))
def test_a_mean_of_six_hours_over_four_weeks_is_24_hours_in_all(
    length: float, *, is_broken: bool, years_end: bool
) -> None:
    profile = replace(UNLIMITED, most_hours=timedelta(hours=6), over_weeks=4)
    first = date(2026, 12, 28) if years_end else date(2026, 3, 16)
    past = Work(on_wall(first, time(8), time(20)))
    start = on_wall(first + timedelta(days=27), time(7), time(8)).start
    seat = place(1, Interval(start, start + timedelta(hours=length)))

    found = broken(seat, reader=make_reader(profile=profile, past=(past,)))

    assert found == ([(Rule.HOURS, (1,))] if is_broken else [])


def test_work_more_than_so_many_weeks_ago_no_longer_counts() -> None:
    profile = replace(UNLIMITED, most_hours=timedelta(hours=6), over_weeks=4)
    long_ago = make_reader(profile=profile, past=(Work(hours(0, 24)),))

    assert broken(place(1, hours(27 * 24, 27 * 24 + 20)), reader=long_ago) == [(Rule.HOURS, (1,))]
    assert broken(place(1, hours(28 * 24, 28 * 24 + 20)), reader=long_ago) == []


def test_a_night_counts_the_hours_that_pass_and_not_those_on_the_wall() -> None:
    profile = replace(
        UNLIMITED, most_hours=timedelta(hours=12), most_hours_in_7_days=timedelta(hours=24)
    )
    reader = make_reader(profile=profile)
    thursday = place(1, on_wall(date(2026, 10, 22), time(20), time(8)))
    saturday = place(2, on_wall(date(2026, 10, 24), time(20), time(8)))
    in_march = [
        place(1, on_wall(date(2026, 3, 26), time(20), time(8))),
        place(2, on_wall(date(2026, 3, 28), time(20), time(8))),
        place(3, on_wall(date(2026, 4, 1), time(17), time(18))),
    ]

    assert broken(thursday, saturday, reader=reader) == [(Rule.WEEK_HOURS, (1, 2))]
    assert broken(*in_march, reader=reader) == []


def test_a_seat_that_is_told_as_past_work_too_counts_once() -> None:
    told_twice = make_reader(profile=SEVEN_DAYS, past=(Work(hours(0, 12)), Work(hours(72, 84))))

    assert broken(*days(0, 3), reader=told_twice) == []


stretches = st.tuples(st.integers(0, 21 * 24), st.integers(1, 24)).map(
    lambda pair: hours(pair[0], pair[0] + pair[1])
)


@given(
    held=st.lists(stretches, max_size=8),
    past=st.lists(stretches, max_size=4),
    most=st.integers(25, 60),
)
def test_seven_days_agree_with_a_count_of_hours_from_every_hour(
    held: list[Interval], past: list[Interval], most: int
) -> None:
    profile = replace(
        UNLIMITED, most_hours=timedelta(hours=20), most_hours_in_7_days=timedelta(hours=most)
    )
    reader = make_reader(profile=profile, past=tuple(Work(each) for each in past))

    found = broken(*(place(number, each) for number, each in enumerate(held)), reader=reader)

    line = [
        any(each.overlaps(hours(hour, hour + 1)) for each in (*held, *past))
        for hour in range(22 * 24 + 1)
    ]
    involved = {
        number
        for start in range(-168, len(line))
        if sum(line[max(start, 0) : max(start + 168, 0)]) > most
        for number, each in enumerate(held)
        if each.overlaps(hours(start, start + 168))
    }
    assert {seat for rule, seats in found if rule is Rule.WEEK_HOURS for seat in seats} == involved
