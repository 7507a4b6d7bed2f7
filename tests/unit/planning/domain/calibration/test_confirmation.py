"""Seats tried on simulated weeks: raised and lowered, what one more or one fewer changes."""

import math
from collections.abc import Sequence
from datetime import date

import pytest

from app.planning.domain.calibration.confirmation import (
    Settled,
    Tally,
    Trials,
    find_margins,
    settle_seats,
)
from app.planning.domain.calibration.flows import Chances, draw_times, make_flow
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.outcomes import find_rank, sum_up
from app.planning.domain.calibration.reads import ReadTime
from app.planning.domain.calibration.simulation import Flow
from tests.unit.planning.domain.calibration.pattern import RULES, WEEK

MONTHS = Horizon.lay(RULES, first=date(2026, 3, 2), last=date(2026, 6, 1), holidays=frozenset())
NIGHT = [4.5] * 8 + [6.0] * 10 + [8.0, 8.0, 12.0, 16.0, 16.0, 16.0]
LIMITS = (0.5, 1.0, 4.0, 24.0)
ONE = dict.fromkeys(("deep_night", "day", "evening", "weekend"), 1)


def make_trials(*, limits: Sequence[float] = LIMITS, read_min: float = 10) -> Trials:
    read, flows = ReadTime(read_min / 60, 0.6), []
    for number in range(2):
        chances = Chances(11, number)
        times = draw_times(NIGHT * 91, chance=chances.stream("arrivals"))
        flows.append(make_flow(times, mix=[1, 4, 4, 1], draw_read=read.draw, chances=chances))
    return Trials(MONTHS, flows, limits)


TRIALS = make_trials()


def settle(trials: Trials, *, start: dict[str, int], target: float = 0.95) -> Settled:
    return settle_seats(trials, start=start, least=ONE, target=target)


def test_the_target_holds_with_the_seats_that_are_settled_and_not_with_one_fewer() -> None:
    settled = settle(TRIALS, start=ONE)

    assert settled.out_of_reach == ()
    for name, seats in settled.seats.items():
        assert settled.tally.in_limit(name) >= 0.95
        if seats > 1:
            fewer = TRIALS.tally({**settled.seats, name: seats - 1})
            assert min(fewer.in_limit(each) for each in ONE) < 0.95


def test_seats_are_settled_from_above_as_from_below() -> None:
    low = settle(TRIALS, start=ONE)
    high = settle(TRIALS, start=dict.fromkeys(ONE, 7))

    assert high.seats == low.seats
    assert high.tally == low.tally


def test_seats_are_not_lowered_below_the_least() -> None:
    least = {**ONE, "deep_night": 4}
    settled = settle_seats(TRIALS, start=ONE, least=least, target=0.95)

    assert settled.seats["deep_night"] == 4


def test_a_target_that_reads_alone_break_is_out_of_reach_and_asks_for_no_seat() -> None:
    slow = make_trials(limits=(0.2, 1.0, 4.0, 24.0))
    settled = settle(slow, start=dict.fromkeys(ONE, 4))

    assert settled.out_of_reach == tuple(ONE)
    assert settled.seats == dict.fromkeys(ONE, 4)


def test_one_seat_more_has_fewer_late_and_one_fewer_has_more() -> None:
    settled = settle(TRIALS, start=ONE)
    margins = {margin.segment: margin for margin in find_margins(TRIALS, seats=settled.seats)}

    assert margins.keys() == ONE.keys()
    for margin in margins.values():
        assert margin.one_more <= margin.now
        assert margin.one_fewer is None or margin.one_fewer > margin.now
    assert math.isclose(
        sum(margin.here for margin in margins.values()), margins["day"].now, rel_tol=1e-12
    )
    assert margins["evening"].one_fewer is not None


def test_there_is_no_number_for_one_fewer_than_one() -> None:
    assert all(each.one_fewer is None for each in find_margins(TRIALS, seats=ONE))


def test_the_same_seats_give_the_same_answer() -> None:
    assert make_trials().tally(ONE) == TRIALS.tally(ONE)


def test_the_urgent_wait_least_and_every_exam_is_described() -> None:
    described = TRIALS.describe(dict.fromkeys(ONE, 2))
    waits = [each for each in described if each is not None]

    assert len(waits) == 4
    assert sum(each.exams for each in waits) == sum(len(flow) for flow in TRIALS.flows)
    means = [each.mean_min for each in waits]
    assert means == sorted(means)
    for each in waits:
        assert each.p50_min <= each.p95_min <= each.longest_min
        assert 0 <= each.in_limit <= 1
    late = sum(each.late_per_month for each in waits)
    assert late == pytest.approx(TRIALS.tally(dict.fromkeys(ONE, 2)).total_late / TRIALS.months)


def test_an_exam_counts_for_the_segment_in_which_it_arrives() -> None:
    # Monday 1 June 2026: deep night to 8, day to 18:30, evening to 24.
    flow = Flow(at=[7.9, 8.1, 18.4, 18.6], priority=[0] * 4, read=[0.1, 0.1, 0.1, 0.7])
    tally = Trials(WEEK, [flow], [0.5]).tally(ONE)

    assert {name: count for name, [count] in tally.exams.items()} == {
        "deep_night": 1,
        "day": 2,
        "evening": 1,
        "weekend": 0,
    }
    assert tally.late_in("evening") == tally.total_late == 1
    assert tally.in_limit("weekend") == 1


def test_a_handful_of_exams_is_no_ground_for_a_seat() -> None:
    tally = Tally(exams={"night": [19, 100, 0]}, late={"night": [19, 4, 0]})

    assert tally.in_limit("night") == pytest.approx(0.96)


def test_an_exam_that_reaches_into_the_next_segment_keeps_its_seat_busy() -> None:
    # Two seats in the day, one in the evening: the second read of the day ends in the evening.
    flow = Flow(at=[18.0, 18.1, 18.6], priority=[0] * 3, read=[2.0, 1.0, 0.1])
    trials = Trials(WEEK, [flow], [3.0])
    [waits] = trials.describe({**ONE, "day": 2})

    assert waits is not None
    # Who leaves at 18:30 ends the read at 19:06; the one seat is free at 20:00.
    assert waits.longest_min == pytest.approx((20.0 - 18.6) * 60)


# ----------------------------------------------------------------------------------- summing up


def test_waits_are_summed_up_in_minutes() -> None:
    seen = sum_up([0.0, 0.5, 1.0, 0.1], late=1, hours=365.25 * 24 / 6)

    assert seen is not None
    assert seen.exams == 4
    assert seen.mean_min == pytest.approx(24)
    assert seen.p50_min == pytest.approx(6)
    assert seen.p95_min == seen.longest_min == 60
    assert seen.in_limit == 0.75
    assert seen.late_per_month == pytest.approx(0.5)


def test_nothing_is_said_of_a_priority_of_which_none_came() -> None:
    assert sum_up([], late=0, hours=10) is None


@pytest.mark.parametrize(("share", "value"), ((0.01, 1), (0.5, 5), (0.51, 6), (0.95, 10), (1, 10)))
def test_a_rank_is_a_value_that_was_seen(share: float, value: float) -> None:
    assert find_rank([float(each) for each in range(1, 11)], share=share) == value
