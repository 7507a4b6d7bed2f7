"""When more comes than those on guard can read."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.surge import (
    CALM_FOR,
    FEWEST,
    WINDOWS,
    Paced,
    SurgeCause,
    SurgeMove,
    expect_arrivals,
    find_bound,
    find_causes,
    find_move,
)
from app.planning.domain.calibration.tails import poisson_probability
from app.planning.domain.segments import DayKind

PARIS = ZoneInfo("Europe/Paris")
# Friday, 22:15 in Paris.
NOW = datetime(2026, 11, 20, 21, 15, tzinfo=UTC)
QUARTER, HOUR = WINDOWS
MINUTE = timedelta(minutes=1)
EVERY_HOUR = {(kind, hour): 12.0 for kind in DayKind for hour in range(24)}


def test_a_window_over_two_hours_of_the_wall_takes_its_part_of_each() -> None:
    rates = {(DayKind.FRIDAY, 21): 8.0, (DayKind.FRIDAY, 22): 16.0}

    expected = expect_arrivals(HOUR, now=NOW, zone=PARIS, rates=rates, holidays=set())

    assert expected == pytest.approx(8 * 0.75 + 16 * 0.25)


def test_an_hour_of_which_nothing_is_known_leaves_nothing_to_expect() -> None:
    rates = {(DayKind.FRIDAY, 22): 16.0}

    assert expect_arrivals(HOUR, now=NOW, zone=PARIS, rates=rates, holidays=set()) is None
    assert expect_arrivals(QUARTER, now=NOW, zone=PARIS, rates=rates, holidays=set()) == (
        pytest.approx(4)
    )


def test_a_holiday_of_which_nothing_is_known_is_a_sunday() -> None:
    rates = {(DayKind.SUNDAY, 22): 20.0}
    holidays = {date(2026, 11, 20)}

    expected = expect_arrivals(QUARTER, now=NOW, zone=PARIS, rates=rates, holidays=holidays)

    assert expected == pytest.approx(5)


@given(minutes=st.integers(0, 60 * 24 * 365))
def test_an_hour_holds_an_hour_of_arrivals_also_when_the_clocks_are_turned(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE

    expected = expect_arrivals(HOUR, now=now, zone=PARIS, rates=EVERY_HOUR, holidays=set())

    assert expected == pytest.approx(12)


@given(expected=st.floats(0, 80))
def test_an_ordinary_window_stays_at_its_bound_as_often_as_is_said(expected: float) -> None:
    bound = find_bound(HOUR, expected=expected, readers=[])

    below = sum(poisson_probability(count, mean=expected) for count in range(bound + 1))
    one_less = below - poisson_probability(bound, mean=expected)
    assert below >= HOUR.quantile - 1e-9
    assert bound == FEWEST or one_less < HOUR.quantile


def test_without_a_calibration_what_those_on_guard_may_take_is_the_bound() -> None:
    readers = [Paced(0, 10), Paced(0, 8)]

    assert find_bound(HOUR, expected=None, readers=readers) == 18
    assert find_bound(QUARTER, expected=None, readers=readers) == round(18 / 4)
    assert find_bound(QUARTER, expected=None, readers=[]) == FEWEST


def test_at_its_bound_a_window_is_ordinary_and_above_it_is_not() -> None:
    bounds = {SurgeCause.QUARTER: 6, SurgeCause.HOUR: 18}
    at, above = {SurgeCause.QUARTER: 6, SurgeCause.HOUR: 18}, {SurgeCause.HOUR: 19}

    assert find_causes(at, bounds=bounds, readers=[]) == ()
    assert find_causes(above, bounds=bounds, readers=[]) == (SurgeCause.HOUR,)


def test_everybody_capped_is_a_surge_and_nobody_on_guard_is_none() -> None:
    full, free = Paced(10, 10), Paced(9, 10)

    assert find_causes({}, bounds={}, readers=[full, full]) == (SurgeCause.ALL_CAPPED,)
    assert find_causes({}, bounds={}, readers=[full, free]) == ()
    assert find_causes({}, bounds={}, readers=[]) == ()


@given(
    looks=st.lists(st.booleans(), max_size=80),
    every=st.sampled_from([1, 2, 7]),
)
def test_a_surge_begins_at_once_and_ends_once_it_was_calm_for_long_enough(
    looks: list[bool], every: int
) -> None:
    stands, calm_since, last_cause = False, None, None
    for number, crowded in enumerate(looks):
        now = NOW + number * every * MINUTE
        causes = (SurgeCause.HOUR,) if crowded else ()

        move = find_move(stands=stands, calm_since=calm_since, causes=causes, now=now)

        if crowded:
            assert move is (SurgeMove.GO_ON if stands else SurgeMove.BEGIN)
            stands, calm_since, last_cause = True, None, now
        elif not stands:
            assert move is SurgeMove.NOTHING
        elif move is SurgeMove.END:
            assert last_cause is not None
            assert now - last_cause >= CALM_FOR
            stands, calm_since = False, None
        else:
            assert move is SurgeMove.CALM
            calm_since = calm_since or now
            assert now - calm_since < CALM_FOR
