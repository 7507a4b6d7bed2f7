"""Arrivals by hour and kind of day: what was observed, what was seen, how sure it is."""

import math
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calibration.arrivals import (
    ArrivalPattern,
    HourOfWeek,
    HourRate,
    NothingObserved,
    count_by_hour,
    learn,
)
from app.planning.domain.calibration.flows import draw_times
from app.planning.domain.segments import DayKind
from tests.unit.planning.domain.calibration.pattern import MAY_DAY, PARIS, make_pattern

SUNDAY_TWO = HourOfWeek(DayKind.SUNDAY, 2)


def test_instants_are_counted_by_the_wall_and_a_repeated_hour_together() -> None:
    # 25 October 2026: 02:30 comes twice, at 00:30 and at 01:30 UTC.
    instants = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1, 2, 22, 23)]

    assert count_by_hour(instants, zone=PARIS) == {
        (date(2026, 10, 25), 2): 2,
        (date(2026, 10, 25), 3): 1,
        (date(2026, 10, 25), 23): 1,
        (date(2026, 10, 26), 0): 1,
    }


def test_a_jumped_hour_is_no_exposure_and_a_repeated_one_is_two_hours() -> None:
    spring = learn(
        {}, first=date(2026, 3, 29), last=date(2026, 3, 30), zone=PARIS, holidays=frozenset()
    )
    autumn = learn(
        {}, first=date(2026, 10, 25), last=date(2026, 10, 26), zone=PARIS, holidays=frozenset()
    )

    assert SUNDAY_TWO not in spring.cells
    assert math.fsum(rate.hours for rate in spring.cells.values()) == 23
    assert autumn.cells[SUNDAY_TWO].hours == 2
    assert math.fsum(rate.hours for rate in autumn.cells.values()) == 25


def test_weekdays_are_told_apart_and_every_hour_of_a_year_is_observed() -> None:
    pattern = make_pattern({20: 5})

    assert len(pattern.cells) == 7 * 24
    assert math.fsum(rate.hours for rate in pattern.cells.values()) == 365 * 24
    assert pattern.rate(HourOfWeek(DayKind.WEDNESDAY, 20)) == HourRate(53 * 5, 53)
    assert pattern.rate(HourOfWeek(DayKind.WEDNESDAY, 21)).mean == 0


def test_holidays_are_apart_once_five_are_seen() -> None:
    days = {date(2026, 5, day) for day in (1, 8, 14, 25, 26)}
    counts = {(day, 20): 9 for day in days}
    few = learn(
        counts,
        first=date(2026, 5, 1),
        last=date(2026, 5, 15),
        zone=PARIS,
        holidays=frozenset(days),
    )
    enough = learn(
        counts,
        first=date(2026, 5, 1),
        last=date(2026, 6, 1),
        zone=PARIS,
        holidays=frozenset(days),
    )

    # Three holidays with the two Sundays of the fortnight, then five alone.
    assert few.rate(HourOfWeek(DayKind.HOLIDAY, 20)).exams == 27
    assert few.rate(HourOfWeek(DayKind.HOLIDAY, 20)).hours == 5
    assert enough.rate(HourOfWeek(DayKind.HOLIDAY, 20)).mean == 9
    assert enough.rate(HourOfWeek(DayKind.FRIDAY, 20)).mean == 0


def test_a_holiday_of_which_none_was_seen_is_a_sunday() -> None:
    pattern = make_pattern({20: 5})

    assert pattern.rate(HourOfWeek(DayKind.HOLIDAY, 20)) == pattern.rate(
        HourOfWeek(DayKind.SUNDAY, 20)
    )


def test_an_hour_that_was_not_observed_is_named() -> None:
    pattern = learn(
        {}, first=MAY_DAY, last=MAY_DAY + timedelta(days=2), zone=PARIS, holidays=frozenset()
    )

    with pytest.raises(NothingObserved, match="no monday 07:00 lies in the period"):
        pattern.rate(HourOfWeek(DayKind.MONDAY, 7))


def test_exams_of_other_dates_are_left_out() -> None:
    counts = {(MAY_DAY - timedelta(days=1), 8): 50, (MAY_DAY, 8): 1}
    pattern = learn(
        counts, first=MAY_DAY, last=MAY_DAY + timedelta(days=1), zone=PARIS, holidays=frozenset()
    )

    assert sum(rate.exams for rate in pattern.cells.values()) == 1


# ------------------------------------------------------------------------------- how sure it is


def test_the_upper_rate_of_few_exams_is_the_exact_limit() -> None:
    # Garwood: no exam in 10 hours may still be a rate of 2.9957 in 10 hours; ten, one of 16.962.
    assert HourRate(0, 10).upper(0.95) == pytest.approx(0.29957, abs=1e-5)
    assert HourRate(10, 10).upper(0.95) == pytest.approx(1.6962, abs=1e-4)


def test_the_more_is_seen_the_nearer_the_upper_rate_comes_to_the_mean() -> None:
    limits = [HourRate(4 * hours, hours).upper(0.9) for hours in (1, 10, 100, 10_000)]

    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == pytest.approx(4, rel=0.01)


def test_a_rate_that_changes_from_day_to_day_has_the_gamma_quantile() -> None:
    # Spread 1 is the exponential law: 90 % lie below ln 10 means.
    assert HourRate(40_000, 10_000, 1).upper(0.9) == pytest.approx(4 * math.log(10))


@given(st.integers(0, 500), st.floats(1, 500), st.floats(0, 2), st.floats(0.5, 0.99))
def test_the_upper_rate_is_never_below_the_mean_and_rises_with_the_share(
    exams: int, hours: float, spread: float, quantile: float
) -> None:
    rate = HourRate(exams, hours, spread)

    assert rate.upper(quantile) >= rate.mean
    assert rate.upper(quantile) <= rate.upper((1 + quantile) / 2)


def learn_hour(counts: list[int]) -> HourRate:
    found = {(date(2025, 1, 1) + timedelta(days=7 * n), 20): each for n, each in enumerate(counts)}
    last = date(2025, 1, 1) + timedelta(days=7 * len(counts))
    pattern = learn(found, first=date(2025, 1, 1), last=last, zone=PARIS, holidays=frozenset())
    return pattern.rate(HourOfWeek(DayKind.WEDNESDAY, 20))


def test_counts_as_even_as_chance_have_no_spread_and_others_have_it() -> None:
    chance = Random(3)
    even = [len(draw_times([9.0], chance=chance)) for _ in range(200)]
    uneven = [len(draw_times([chance.gammavariate(2, 4.5)], chance=chance)) for _ in range(600)]

    assert learn_hour(even).spread == 0
    assert learn_hour(uneven).spread == pytest.approx(0.5, rel=0.25)


def test_a_few_counts_are_no_ground_for_a_spread() -> None:
    assert learn_hour([0, 0, 0, 30]).spread == 0
    assert learn_hour([0, 0, 0, 30] * 3).spread > 1
    assert learn_hour([0] * 50).spread == 0


def test_a_pattern_that_lacks_both_holiday_and_sunday_says_so() -> None:
    with pytest.raises(NothingObserved, match="holiday"):
        ArrivalPattern({}).rate(HourOfWeek(DayKind.HOLIDAY, 1))
