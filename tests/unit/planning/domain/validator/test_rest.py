"""Rest and long duties, at their bounds."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.roster.people import Work
from app.planning.domain.roster.profile import Rule
from app.planning.domain.validator import Severity, judge
from tests.factories.placements import (
    MONDAY,
    PARIS,
    UNLIMITED,
    broken,
    hours,
    make_reader,
    on_wall,
    place,
)


@pytest.mark.parametrize(("gap", "rules"), ((10.99, [Rule.REST]), (11, []), (30, [])))
def test_rest_is_eleven_hours_of_elapsed_time(gap: float, rules: list[Rule]) -> None:
    found = broken(place(1, hours(0, 8)), place(2, hours(8 + gap, 16 + gap)))

    assert [rule for rule, _ in found] == rules


def test_the_night_on_which_the_clocks_go_forward_is_an_hour_short_of_rest() -> None:
    evening = place(1, on_wall(date(2026, 3, 28), time(14), time(21)))
    morning = place(2, on_wall(date(2026, 3, 29), time(8), time(14)))
    a_week_before = place(3, on_wall(date(2026, 3, 21), time(14), time(21)))
    its_morning = place(4, on_wall(date(2026, 3, 22), time(8), time(14)))
    a_week_later = place(5, on_wall(date(2026, 10, 24), time(14), time(21)))
    an_hour_more = place(6, on_wall(date(2026, 10, 25), time(8), time(14)))

    assert broken(evening, morning) == [(Rule.REST, (1, 2))]
    assert broken(a_week_before, its_morning) == []
    assert broken(a_week_later, an_hour_more) == []


def test_when_the_clocks_go_back_ten_hours_on_the_wall_are_enough() -> None:
    evening = place(1, on_wall(date(2026, 10, 24), time(14), time(22)))
    morning = place(2, on_wall(date(2026, 10, 25), time(8), time(14)))

    assert broken(evening, morning) == []


def test_seats_that_touch_are_one_duty_and_need_no_rest_between_them() -> None:
    assert broken(place(1, hours(0, 8)), place(2, hours(8, 12))) == []
    assert broken(place(1, hours(0, 8)), place(2, hours(8.1, 12))) == [(Rule.REST, (1, 2))]


def test_rest_from_a_duty_names_all_of_its_seats() -> None:
    found = broken(place(1, hours(0, 4)), place(2, hours(4, 8)), place(3, hours(12, 14)))

    assert found == [(Rule.REST, (1, 2, 3))]


@pytest.mark.parametrize(("end", "rules"), ((24, []), (24.1, [Rule.LONG_DUTY])))
def test_a_duty_lasts_24_hours_at_most(end: float, rules: list[Rule]) -> None:
    found = broken(place(1, hours(0, 12)), place(2, hours(12, end)))

    assert [rule for rule, _ in found] == rules


def test_25_hours_on_the_day_on_which_the_clocks_go_back_are_too_long() -> None:
    long_day = on_wall(date(2026, 10, 25), time(0), time(0))

    assert broken(place(1, long_day)) == [(Rule.LONG_DUTY, (1,))]


@pytest.mark.parametrize(
    ("length", "gap", "rules"),
    (
        (14, 11, []),
        (14, 10, [Rule.REST]),
        (14.1, 23.9, [Rule.LONG_DUTY]),
        (14.1, 24, []),
        (14.1, 10, [Rule.REST]),
    ),
)
def test_after_a_long_duty_the_rest_is_longer(length: float, gap: float, rules: list[Rule]) -> None:
    found = broken(
        place(1, hours(0, 8)),
        place(2, hours(8, length)),
        place(3, hours(length + gap, length + gap + 6)),
    )

    assert [rule for rule, _ in found] == rules


def test_who_may_buy_the_daily_rest_buys_not_the_longer_one_after_a_long_duty() -> None:
    may_buy = make_reader(profile=replace(UNLIMITED, soft=frozenset({Rule.REST})))

    (short,) = judge(
        [place(1, hours(0, 8)), place(2, hours(18, 20))], readers=[may_buy], zone=PARIS
    )
    (long,) = judge(
        [place(1, hours(0, 15)), place(2, hours(18, 20))], readers=[may_buy], zone=PARIS
    )

    assert (short.rule, short.severity) == (Rule.REST, Severity.SOFT)
    assert (long.rule, long.severity) == (Rule.LONG_DUTY, Severity.HARD)


@pytest.mark.parametrize(
    ("last_act_h", "start_h", "is_rested"),
    ((None, 19, True), (6, 17, True), (6, 16.9, False), (9, 19, False), (9, 20, True)),
)
def test_rest_is_counted_from_the_last_real_act_where_it_is_known(
    last_act_h: float | None, start_h: float, *, is_rested: bool
) -> None:
    act = None if last_act_h is None else MONDAY + timedelta(hours=last_act_h)
    for_the_act = make_reader(past=(Work(hours(0, 8), last_act=act),))
    later = place(2, hours(start_h, start_h + 4))

    # The seat is told as past work only, or as a placement too.
    for placements in ((later,), (place(1, hours(0, 8)), later)):
        found = broken(*placements, reader=for_the_act)
        assert [rule for rule, _ in found] == ([] if is_rested else [Rule.REST])


def test_past_work_that_touches_a_seat_makes_the_duty_longer() -> None:
    worked = make_reader(past=(Work(hours(-20, 0)),))

    assert broken(place(1, hours(0, 4)), reader=worked) == []
    assert broken(place(1, hours(0, 4.5)), reader=worked) == [(Rule.LONG_DUTY, (1,))]


def test_what_was_is_not_judged_without_a_seat() -> None:
    worked = make_reader(past=(Work(hours(-40, -4)), Work(hours(-2, -1))))

    assert broken(place(1, hours(23, 24)), reader=worked) == []


@pytest.mark.parametrize(("start", "rules"), ((8, [Rule.REST]), (18.9, [Rule.REST]), (19, [])))
def test_nobody_has_a_session_elsewhere_the_morning_after(start: float, rules: list[Rule]) -> None:
    busy = make_reader(busy=(hours(start, start + 4),))

    assert [rule for rule, _ in broken(place(1, hours(0, 8)), reader=busy)] == rules


def test_an_evening_may_follow_a_session_of_the_same_day() -> None:
    busy = make_reader(busy=(hours(8, 18),))

    assert broken(place(1, hours(18.5, 24)), reader=busy) == []


def test_the_message_tells_the_rest_left_and_between_what() -> None:
    (violation,) = judge(
        [place(4, hours(0, 8)), place(5, hours(9.5, 10))], readers=[make_reader()], zone=PARIS
    )

    assert violation.radiologist == 7
    assert violation.message == (
        "radiologist 7 has 1 h 30 of rest, not 11 h, after a duty: between "
        "seat 4 (evening, 2026-03-23 01:00 to 2026-03-23 09:00) and "
        "seat 5 (evening, 2026-03-23 10:30 to 2026-03-23 11:00)"
    )


stretches = st.tuples(st.integers(0, 90), st.integers(1, 15)).map(
    lambda pair: hours(pair[0], pair[0] + pair[1])
)


@given(held=st.lists(stretches, max_size=7), rest_h=st.integers(0, 14))
def test_rest_and_length_agree_with_a_clock_that_is_read_every_hour(
    held: list[Interval], rest_h: int
) -> None:
    profile = replace(UNLIMITED, rest=timedelta(hours=rest_h))
    found = broken(
        *(place(number, each) for number, each in enumerate(held, start=1)),
        reader=make_reader(profile=profile),
    )

    # On a line of hours: how long the work has lasted, and how long the pause since.
    on_duty = [
        any(each.contains(MONDAY + timedelta(hours=hour, minutes=30)) for each in held)
        for hour in range(140)
    ]
    length = pause = 0
    is_short = is_long = False
    for works in on_duty:
        if works and pause and length:
            is_short |= pause < rest_h
            is_long |= rest_h <= pause < (24 if length > 14 else 0)
            length = 0
        length, pause = (length + 1, 0) if works else (length, pause + 1)
        is_long |= length > 24
    rules = {rule for rule, _ in found} - {Rule.OVERLAP}
    assert (Rule.REST in rules, Rule.LONG_DUTY in rules) == (is_short, is_long)
