"""Seats by the closed forms: the hour that decides, the bound that asks, the real session."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from app.planning.domain.calibration.criteria import Criteria, LimitOutOfReach
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.reads import ReadTime
from app.planning.domain.calibration.sessions import Merge, Session, judge, propose
from app.planning.domain.calibration.staffing import (
    Bound,
    SegmentNeed,
    needs_by_hour,
    needs_by_segment,
)
from app.planning.domain.calibration.task import read_criteria, write_criteria
from app.planning.domain.segments import EVERY_DAY, SegmentRule
from tests.unit.planning.domain.calibration.pattern import PARIS, WEEK, YEAR, make_rates

# A night as French services see it: 125 exams, most from 20:30 to midnight.
NIGHT: dict[int, float] = {18: 8, 19: 8, 20: 12, 21: 16, 22: 16, 23: 16}
NIGHT |= dict.fromkeys(range(8), 4.5) | dict.fromkeys(range(8, 18), 6)
CRITERIA = Criteria()


def find(by_hour: dict[int, float], criteria: Criteria = CRITERIA) -> dict[str, SegmentNeed]:
    needs = needs_by_segment(make_rates(by_hour), horizon=WEEK, criteria=criteria)
    return {need.segment: need for need in needs}


def test_the_time_to_wait_is_what_slow_reads_leave_of_the_limit() -> None:
    assert Criteria(limit_min=30).wait_min == pytest.approx(30 - 22.4098, abs=1e-4)


@pytest.mark.parametrize(
    ("read", "seats"),
    (
        (8, (2, 2, 3, 4, 4, 5)),
        (10, (2, 3, 4, 4, 5, 6)),
        (12, (2, 3, 4, 5, 6, 7)),
    ),
)
def test_a_constant_rate_needs_what_the_table_says(read: int, seats: tuple[int, ...]) -> None:
    # A wait of at most 20 min for 95 % of the exams; seen so long that the quantile is the mean.
    reads = ReadTime(read, 0.6)
    criteria = Criteria(read=reads, limit_min=20 + reads.quantile(0.95), quantile=0.5)

    for rate, expected in zip((4, 8, 12, 16, 20, 24), seats, strict=True):
        pattern = make_rates(dict.fromkeys(range(24), rate), hours=10_000)
        [first, *_] = needs_by_hour(pattern, horizon=WEEK, criteria=criteria)
        assert first.for_wait == expected
        assert first.load == pytest.approx(rate * read / 60, rel=1e-4)


def test_the_hour_that_needs_most_decides_for_its_segment() -> None:
    needs = find(NIGHT)

    assert {name: need.seats for name, need in needs.items()} == {
        "deep_night": 2,
        "day": 2,
        "evening": 4,
        "weekend": 4,
    }
    assert needs["evening"].deciding.cell.hour in {22, 23}
    assert needs["evening"].bound is Bound.WAIT


def test_a_guard_reads_what_arrives_in_it() -> None:
    needs = find(NIGHT)

    assert needs["deep_night"].guards == 7
    assert needs["deep_night"].exams == pytest.approx(7 * 8 * 4.5)
    assert needs["deep_night"].exams_per_guard == pytest.approx(36)
    assert needs["deep_night"].per_seat_and_hour == pytest.approx(2.25)
    # From half past six: half of what comes between six and seven.
    assert needs["evening"].exams_per_guard == pytest.approx(4 + 8 + 12 + 3 * 16)
    assert needs["day"].hours == pytest.approx(5 * 10.5)


def test_the_cap_of_an_hour_and_that_of_the_guard_ask_for_seats() -> None:
    quick = Criteria(read=ReadTime(1, 0.6))
    busy: dict[int, float] = dict.fromkeys(range(24), 30.0)

    assert find(busy, replace(quick, mean_cap=100))["day"].wanted[Bound.CEILING] == 4
    assert find(busy, replace(quick, mean_cap=100))["day"].bound is Bound.CEILING
    assert find(busy, replace(quick, hourly_cap=100))["day"].wanted[Bound.CEILING] == 5


def test_safety_asks_for_seats_that_the_exams_do_not() -> None:
    needs = find({9: 1}, Criteria(least_by_segment={"deep_night": 2}))

    assert (needs["deep_night"].seats, needs["deep_night"].bound) == (2, Bound.SAFETY)
    assert needs["deep_night"].least == 2
    assert (needs["evening"].seats, needs["evening"].bound) == (1, Bound.WAIT)


def test_an_hour_after_a_peak_needs_more_than_its_own_rate() -> None:
    hours = needs_by_hour(
        make_rates({**dict.fromkeys(range(24), 4.0), 20: 40.0}), horizon=WEEK, criteria=CRITERIA
    )

    assert hours[21].load > hours[22].load > hours[19].load
    assert hours[21].for_wait > hours[19].for_wait


@given(st.lists(st.integers(0, 25), min_size=24, max_size=24), st.integers(0, 23))
def test_more_exams_never_need_fewer_seats(rates: list[int], hour: int) -> None:
    fewer = find({each: float(rate) for each, rate in enumerate(rates)})
    more = find({each: rate + 3.0 * (each == hour) for each, rate in enumerate(rates)})

    assert all(more[name].seats >= need.seats for name, need in fewer.items())


# ----------------------------------------------------------------------------------- real sessions


def test_a_guard_is_real_between_floor_and_ceiling() -> None:
    need = find(NIGHT)["evening"]

    assert need.per_seat_and_hour == pytest.approx(72 / 5.5 / 4)
    assert judge(need, seats=4, criteria=CRITERIA) is Session.REAL
    assert judge(need, seats=7, criteria=CRITERIA) is Session.TOO_EMPTY
    assert judge(need, seats=2, criteria=CRITERIA) is Session.TOO_FULL
    # An hour alone can be too full.
    assert judge(need, seats=3, criteria=replace(CRITERIA, hourly_cap=5)) is Session.TOO_FULL


def test_an_empty_night_is_proposed_for_merging_with_what_it_touches() -> None:
    quiet = NIGHT | dict.fromkeys(range(8), 0.5)
    needs = needs_by_segment(make_rates(quiet), horizon=WEEK, criteria=CRITERIA)
    found = propose(needs, horizon=WEEK, criteria=CRITERIA)

    assert {each.segment for each in found} == {"deep_night"}
    mine = [each for each in found if each.segment == "deep_night"]
    assert {(each.merge, each.other) for each in mine} == {
        (Merge.SEGMENTS, "day"),
        (Merge.SEGMENTS, "evening"),
        (Merge.SEGMENTS, "weekend"),
    }
    [day] = [each for each in mine if each.other == "day"]
    exams, hours = 7 * 8 * 0.5 + 5 * (60 + 4), 7 * 8 + 5 * 10.5
    assert day.per_seat_and_hour == pytest.approx(exams / hours / day.seats)
    assert day.is_enough is (day.per_seat_and_hour >= 2)
    assert mine == sorted(mine, key=lambda each: (not each.is_enough, -each.per_seat_and_hour))


def test_lines_are_proposed_where_safety_alone_asks_for_a_seat() -> None:
    criteria = Criteria(least_by_segment={"deep_night": 3})
    busy = NIGHT | dict.fromkeys(range(8), 4.5)
    needs = needs_by_segment(make_rates(busy), horizon=WEEK, criteria=criteria)
    [lines] = [
        each
        for each in propose(needs, horizon=WEEK, criteria=criteria)
        if each.merge is Merge.LINES
    ]

    assert (lines.segment, lines.other, lines.seats) == ("deep_night", None, 2)
    assert lines.per_seat_and_hour == pytest.approx(2.25)
    assert lines.is_enough


def test_nothing_is_proposed_for_real_sessions_nor_for_a_segment_that_stands_alone() -> None:
    assert propose([find(NIGHT)["evening"]], horizon=WEEK, criteria=CRITERIA) == []
    alone = SegmentRule("night", EVERY_DAY, time(20), time(8), PARIS, date(2020, 1, 1))
    horizon = Horizon.lay(
        [alone], first=date(2026, 6, 1), last=date(2026, 6, 8), holidays=frozenset()
    )
    needs = needs_by_segment(make_rates({22: 0.5}), horizon=horizon, criteria=CRITERIA)
    assert propose(needs, horizon=horizon, criteria=CRITERIA) == []


# ------------------------------------------------------------------------------------ what is asked


def test_a_limit_that_slow_reads_use_up_is_refused() -> None:
    with pytest.raises(LimitOutOfReach, match=r"22 min leaves no time.*last 22\.4 min or more"):
        Criteria(limit_min=22)


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("target", 1),
        ("target", 0),
        ("quantile", 1.2),
        ("limit_min", 0),
        ("least_seats", 0),
        ("hourly_cap", -1),
        ("mean_cap", 0),
        ("floor", -1),
        ("floor", 6),
    ),
)
def test_criteria_that_no_seats_can_hold_are_refused(name: str, value: float) -> None:
    with pytest.raises(Invalid, match=name):
        read_criteria(write_criteria(CRITERIA) | {name: value})


def test_a_year_is_worked_out_as_its_weeks_are() -> None:
    by_name = {
        need.segment: need
        for need in needs_by_segment(make_rates(NIGHT), horizon=YEAR, criteria=CRITERIA)
    }

    assert by_name["deep_night"].guards == 365
    assert by_name["day"].guards == by_name["evening"].guards == 365 - 52 * 2 - 4
    assert by_name["evening"].seats == find(NIGHT)["evening"].seats
