"""What arrives in a simulation: rates that change, real nights again, streams that do not mix."""

import math
from collections import Counter
from datetime import date
from statistics import fmean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calibration.arrivals import ArrivalPattern, HourOfWeek, HourRate
from app.planning.domain.calibration.flows import (
    Chances,
    draw_times,
    make_flow,
    replay,
    scatter,
)
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.segments import EVERY_DAY
from tests.unit.planning.domain.calibration.pattern import PARIS, RULES, WEEK, make_rates


def test_a_stream_is_the_same_each_time_and_no_other() -> None:
    once, again = Chances(1).stream("reads"), Chances(1).stream("reads")
    others = [Chances(2).stream("reads"), Chances(1, 1).stream("reads"), Chances(1).stream("x")]
    first = once.random()

    assert first == again.random()
    assert first not in {other.random() for other in others}


def test_each_hour_has_the_exams_of_its_rate() -> None:
    rates, days = [4.0] * 20 + [16.0] * 4, 2_000
    times = draw_times(rates * days, chance=Chances(3).stream("arrivals"))
    counts = Counter(int(at) for at in times)
    quiet = [counts[day * 24 + 5] for day in range(days)]
    busy = [counts[day * 24 + 21] for day in range(days)]

    assert times == sorted(times)
    assert fmean(quiet) == pytest.approx(4, rel=0.04)
    assert fmean(busy) == pytest.approx(16, rel=0.02)
    # Poisson: the variance is the mean.
    assert variance(quiet) == pytest.approx(4, rel=0.1)
    assert variance(busy) == pytest.approx(16, rel=0.1)


@given(st.lists(st.sampled_from((0.0, 0.0, 3.0, 20.0)), max_size=60), st.integers(0, 99))
def test_nothing_comes_in_an_hour_without_a_rate(rates: list[float], seed: int) -> None:
    times = draw_times(rates, chance=Chances(seed).stream("arrivals"))

    assert all(0 <= at < len(rates) and rates[int(at)] > 0 for at in times)


def test_rates_are_their_means_unless_they_were_seen_to_change() -> None:
    even = make_rates(dict.fromkeys(range(24), 4))
    uneven = ArrivalPattern(
        {HourOfWeek(kind, hour): HourRate(40, 10, 0.25) for kind in EVERY_DAY for hour in range(24)}
    )
    year = Horizon.lay(RULES, first=date(2026, 1, 1), last=date(2027, 1, 1), holidays=frozenset())
    drawn = scatter(uneven, horizon=year, chance=Chances(5).stream("rates"))

    assert set(scatter(even, horizon=WEEK, chance=Chances(5).stream("rates"))) == {4}
    assert fmean(drawn) == pytest.approx(4, rel=0.03)
    assert variance(drawn) == pytest.approx(0.25 * 16, rel=0.06)


def test_real_nights_come_again_hour_by_hour() -> None:
    # The Sunday on which the clocks go back: what came between two and three fills both hours.
    autumn = Horizon.lay(
        RULES, first=date(2026, 10, 25), last=date(2026, 10, 26), holidays=frozenset()
    )
    counts = {(date(2026, 10, 25), 2): 60, (date(2026, 10, 25), 20): 7, (date(2026, 10, 24), 9): 5}
    times = replay(counts, horizon=autumn, zone=PARIS, chance=Chances(1).stream("replay"))
    hours = Counter(math.floor(at) for at in times)

    assert times == sorted(times)
    assert len(times) == 67
    assert hours[2] + hours[3] == 60
    assert min(hours[2], hours[3]) > 15
    assert hours[21] == 7


def test_priorities_come_as_they_are_mixed() -> None:
    flow = make_flow([0.0] * 20_000, mix=[1, 0, 2, 1], draw_read=lambda _: 1.0, chances=Chances(4))
    shares = Counter(flow.priority)

    assert shares[0] == pytest.approx(5_000, rel=0.05)
    assert shares[1] == 0
    assert shares[2] == pytest.approx(10_000, rel=0.05)


def test_an_exam_keeps_its_read_whatever_the_mix_is() -> None:
    one, other = (
        make_flow([0, 1, 2], mix=mix, draw_read=lambda c: c.random(), chances=Chances(4))
        for mix in ([1, 1], [9, 1])
    )

    assert one.read == other.read
