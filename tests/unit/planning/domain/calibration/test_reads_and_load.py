"""Lognormal reads, and the load that arrivals of a changing rate keep busy."""

import math
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calibration.load import busy_at, lag_weights, offered_loads
from app.planning.domain.calibration.reads import ReadTime

reads = st.builds(ReadTime, st.floats(0.02, 1), st.floats(0.1, 1.2))
TEN_MINUTES = ReadTime(10 / 60, 0.6)


def test_a_ten_minute_read_is_slow_in_five_cases_of_a_hundred() -> None:
    read = ReadTime(10, 0.6)

    # exp(ln 10 - 0.18 + 1.6449 x 0.6)
    assert read.quantile(0.95) == pytest.approx(22.4098, abs=1e-4)
    assert read.share_within(22.4098) == pytest.approx(0.95, abs=1e-5)
    assert read.mean_square == pytest.approx(100 * math.exp(0.36))
    assert read.lag == pytest.approx(5 * math.exp(0.36))


def test_drawn_reads_have_the_mean_and_the_square_that_were_asked_for() -> None:
    read, chance = ReadTime(10, 0.6), Random(5)
    drawn = [read.draw(chance) for _ in range(100_000)]

    assert fmean(drawn) == pytest.approx(10, rel=0.01)
    assert fmean(each**2 for each in drawn) == pytest.approx(read.mean_square, rel=0.03)


@given(reads, st.floats(0.001, 5))
def test_a_cut_read_is_the_integral_of_what_still_lasts(read: ReadTime, time: float) -> None:
    steps = 2_000
    width = time / steps
    integral = width * math.fsum(
        1 - read.share_within((step + 0.5) * width) for step in range(steps)
    )

    assert read.mean_up_to(time) == pytest.approx(integral, rel=1e-3, abs=1e-6)


@given(reads)
def test_a_read_that_is_never_cut_has_its_mean(read: ReadTime) -> None:
    assert read.mean_up_to(1e6) == pytest.approx(read.mean)
    assert read.mean_up_to(0) == read.mean_up_to(-1) == read.share_within(0) == 0


@pytest.mark.parametrize(("mean", "sigma"), ((0, 0.6), (-1, 0.6), (10, 0), (math.nan, 1)))
def test_what_is_no_read_is_refused(mean: float, sigma: float) -> None:
    with pytest.raises(ValueError, match="both must be above 0"):
        ReadTime(mean, sigma)


@given(reads, st.floats(0, 40))
def test_a_constant_rate_gives_the_load_of_the_books(read: ReadTime, rate: float) -> None:
    for load in offered_loads([rate] * 24, read=read):
        assert load == pytest.approx(rate * read.mean)


@given(reads, st.lists(st.floats(0, 30), min_size=24, max_size=72))
def test_no_work_is_lost_or_made_by_the_lag(read: ReadTime, rates: list[float]) -> None:
    loads = offered_loads(rates, read=read)

    assert math.fsum(loads) == pytest.approx(math.fsum(rates) * read.mean, abs=1e-9)
    assert all(-1e-12 <= load <= max(rates) * read.mean + 1e-9 for load in loads)


@given(reads)
def test_the_older_an_hour_the_less_it_weighs(read: ReadTime) -> None:
    weights = lag_weights(read)

    assert math.fsum(weights) == pytest.approx(read.mean)
    assert all(one >= other >= -1e-12 for one, other in pairwise(weights[1:-1]))


def test_the_load_of_an_hour_is_the_mean_of_who_is_busy_in_it() -> None:
    rates = [4.0, 4.0, 16.0, 4.0, 4.0, 4.0]
    loads = offered_loads(rates, read=TEN_MINUTES)
    steps = 600

    for hour in (2, 3, 4):
        seen = fmean(
            busy_at(
                6 + hour + (step + 0.5) / steps,
                rates=rates * 2,
                mean_up_to=TEN_MINUTES.mean_up_to,
            )
            for step in range(steps)
        )
        assert loads[hour] == pytest.approx(seen, rel=1e-4)


def test_the_hour_after_a_peak_still_carries_it() -> None:
    loads = offered_loads([4.0] * 20 + [16.0] * 4, read=TEN_MINUTES)

    assert loads[20] < loads[21] <= 16 * TEN_MINUTES.mean + 1e-12
    # What is not read at the turn is, in the mean, one lag of the fall of the rate.
    assert loads[0] == pytest.approx((4 + 12 * TEN_MINUTES.lag) * TEN_MINUTES.mean, rel=1e-3)
    assert loads[20] == pytest.approx((16 - 12 * TEN_MINUTES.lag) * TEN_MINUTES.mean, rel=1e-3)


@pytest.mark.parametrize("at", (0.3, 2.0, 3.5, 5.9))
def test_a_rate_that_swings_gives_the_load_of_eick_massey_and_whitt(at: float) -> None:
    # 10 + 6 sin(t) exams, exponential reads of mean 1/2; 400 steps in a unit of time.
    fine, turns = 400, 7
    units = math.ceil(turns * 2 * math.pi) * fine
    rates = [(10 + 6 * math.sin((step + 0.5) / fine)) / fine for step in range(units)]
    rate, service = 1.0, 2.0

    def mean_up_to(time: float) -> float:
        return max(0.0, 1 - math.exp(-service * time / fine)) / service * fine

    time = 6 * 2 * math.pi + at
    exact = 10 / service + 6 / (service**2 + rate**2) * (
        service * math.sin(at) - rate * math.cos(at)
    )
    assert busy_at(time * fine, rates=rates, mean_up_to=mean_up_to) == pytest.approx(
        exact, rel=1e-4
    )
