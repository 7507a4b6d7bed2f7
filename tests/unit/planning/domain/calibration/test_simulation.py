"""The simulation: single events by hand, then whole queues against their closed forms.

Each closed form is held by independent replications from fixed seeds: the 99.9 % interval is at
most 3 % of the value to each side, and the value is inside it.
"""

import math
from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calibration.flows import Chances, draw_times, make_flow
from app.planning.domain.calibration.load import busy_at
from app.planning.domain.calibration.reads import ReadTime
from app.planning.domain.calibration.simulation import Flow, Turn, simulate
from app.planning.domain.calibration.tails import estimate
from app.planning.domain.queueing import (
    erlang_c,
    mean_sojourn,
    mean_wait,
    mean_wait_of_one_seat,
    priority_waits,
    stays_longer,
)

REPLICATIONS = 40
FORGOTTEN = 4_000
"""Exams at the start of each replication that still remember an empty room."""

Draw = Callable[[Random], float]
Measure = Callable[[list[float], list[float]], float]
"""Of the waits and the reads of one priority."""


def exponential(mean: float) -> Draw:
    return lambda chance: chance.expovariate(1 / mean)


def replicate(
    *, rates: Sequence[float], seats: int, draw: Draw, exams: int, measures: Sequence[Measure]
) -> list[list[list[float]]]:
    """Measure each priority in replications: by priority, by measure, by replication."""
    found: list[list[list[float]]] = [[[] for _ in measures] for _ in rates]
    for number in range(REPLICATIONS):
        chances = Chances(20261122, number)
        gaps, at, times = chances.stream("arrivals"), 0.0, []
        for _ in range(exams + FORGOTTEN):
            at += gaps.expovariate(sum(rates))
            times.append(at)
        flow = make_flow(times, mix=rates, draw_read=draw, chances=chances)
        starts = simulate(flow, turns=[Turn(0, seats)])
        kept: list[tuple[list[float], list[float]]] = [([], []) for _ in rates]
        for place in range(FORGOTTEN, len(flow)):
            waits, reads = kept[flow.priority[place]]
            waits.append(starts[place] - flow.at[place])
            reads.append(flow.read[place])
        for priority, (waits, reads) in enumerate(kept):
            for column, measure in enumerate(measures):
                found[priority][column].append(measure(waits, reads))
    return found


def wait(waits: list[float], _reads: list[float]) -> float:
    return fmean(waits)


def sojourn(waits: list[float], reads: list[float]) -> float:
    return fmean(waits) + fmean(reads)


def check(values: Sequence[float], *, exact: float) -> None:
    seen = estimate(values, confidence=0.999)

    assert seen.half_width <= 0.03 * exact, f"{seen} is too wide for {exact}"
    assert seen.holds(exact), f"{seen} does not hold {exact}"


# ------------------------------------------------------------------------------------ closed forms


def test_four_seats_wait_and_stay_as_the_closed_forms_say() -> None:
    # 16 exams an hour of 10 min each, in minutes; load 8/3.
    load = 8 / 3
    [[waits, waited, stays, late]] = replicate(
        rates=[16 / 60],
        seats=4,
        draw=exponential(10),
        exams=60_000,
        measures=[
            wait,
            lambda waits, _: sum(each > 0 for each in waits) / len(waits),
            sojourn,
            lambda waits, reads: (
                sum(each + read > 30 for each, read in zip(waits, reads, strict=True)) / len(waits)
            ),
        ],
    )

    check(waits, exact=mean_wait(4, load=load, read=10.0))
    check(waited, exact=erlang_c(4, load=load))
    check(stays, exact=mean_sojourn(4, load=load, read=10.0))
    check(late, exact=stays_longer(4, load=load, read=10, than=30))


@pytest.mark.parametrize(
    ("seats", "load", "exams"), ((1, 0.6, 24_000), (2, 2 / 3, 32_000), (5, 3.0, 76_000))
)
def test_other_numbers_of_seats_wait_as_erlang_says(seats: int, load: float, exams: int) -> None:
    [[waits]] = replicate(
        rates=[load], seats=seats, draw=exponential(1), exams=exams, measures=[wait]
    )

    check(waits, exact=mean_wait(seats, load=load, read=1.0))


def test_two_priorities_at_one_seat_stay_two_and_six() -> None:
    found = replicate(
        rates=[0.2, 0.6], seats=1, draw=exponential(1), exams=60_000, measures=[sojourn]
    )

    check(found[0][0], exact=2.0)
    check(found[1][0], exact=6.0)


@pytest.mark.parametrize(("seats", "exams"), ((1, 36_000), (2, 100_000)))
def test_three_priorities_wait_as_the_closed_form_says(seats: int, exams: int) -> None:
    rates = [0.2, 0.6, 1.2]
    found = replicate(
        rates=rates, seats=seats, draw=exponential(1 / 3), exams=exams, measures=[wait]
    )

    exact = priority_waits(seats, rates=rates, read=1 / 3)
    for [waits], value in zip(found, exact, strict=True):
        check(waits, exact=value)


@pytest.mark.parametrize(
    ("draw", "square"),
    (
        (ReadTime(1, 0.6).draw, ReadTime(1, 0.6).mean_square),
        (lambda _: 1.0, 1.0),
    ),
    ids=("lognormal", "all alike"),
)
def test_one_seat_waits_as_pollaczek_and_khinchine_say(draw: Draw, square: float) -> None:
    [[waits]] = replicate(rates=[0.6], seats=1, draw=draw, exams=16_000, measures=[wait])

    check(waits, exact=mean_wait_of_one_seat(rate=0.6, read=1.0, read_squared=square))


def test_as_many_are_busy_as_the_load_of_changing_rates_says() -> None:
    # Eight hours as services see them, most before midnight, round and round.
    night = [4.0, 8.0, 16.0, 18.0, 16.0, 8.0, 4.0, 4.0]
    read, nights = ReadTime(12 / 60, 0.6), 12_000
    chances = Chances(20261122)
    times = draw_times(night * nights, chance=chances.stream("arrivals"))
    flow = make_flow(times, mix=[1], draw_read=read.draw, chances=chances)
    assert simulate(flow, turns=[Turn(0, 1_000)]) == flow.at

    for hour in (2.1, 3.1, 4.1, 5.2):
        busy = [0] * (nights + 1)
        for at, lasts in zip(flow.at, flow.read, strict=True):
            number = math.ceil((at - hour) / len(night))
            busy[number] += number * len(night) + hour < at + lasts
        batches = [fmean(busy[place : place + 300]) for place in range(1, nights - 300, 300)]
        exact = busy_at(len(night) + hour, rates=night * 2, mean_up_to=read.mean_up_to)
        # Without the lag, the load would be another one.
        assert abs(night[int(hour)] * read.mean - exact) > 0.05 * exact
        check(batches, exact=exact)


# --------------------------------------------------------------------------------- event by event


def test_an_exam_waits_only_while_every_seat_reads() -> None:
    flow = Flow(at=[0, 1, 2, 3], priority=[0, 0, 0, 0], read=[10, 4, 3, 1])

    assert simulate(flow, turns=[Turn(0, 2)]) == [0, 1, 5, 8]


def test_the_urgent_come_first_and_nobody_is_broken_off() -> None:
    flow = Flow(at=[0, 1, 2, 3], priority=[3, 3, 0, 1], read=[5, 1, 1, 1])

    assert simulate(flow, turns=[Turn(0, 1)]) == [0, 7, 5, 6]


def test_the_order_in_which_exams_are_due_can_be_given() -> None:
    flow = Flow(at=[0, 1, 2], priority=[0, 1, 0], read=[5, 1, 1])

    assert simulate(flow, turns=[Turn(0, 1)], ranks=[30, 31, 32]) == [0, 5, 6]


def test_who_leaves_ends_the_read_and_takes_no_other() -> None:
    flow = Flow(at=[0, 0, 1, 2], priority=[0] * 4, read=[10, 12, 1, 1])

    assert simulate(flow, turns=[Turn(0, 2), Turn(5, 1)]) == [0, 0, 12, 13]


def test_who_comes_takes_at_once_what_waits() -> None:
    flow = Flow(at=[0, 1, 2], priority=[0, 1, 0], read=[100, 2, 2])

    assert simulate(flow, turns=[Turn(0, 1), Turn(10, 2)]) == [0, 12, 10]


def test_what_comes_before_the_first_seat_waits_for_it_and_without_one_for_ever() -> None:
    flow = Flow(at=[0, 1], priority=[0, 0], read=[1, 1])

    assert simulate(flow, turns=[Turn(3, 1)]) == [3, 4]
    assert simulate(flow, turns=[Turn(0, 1), Turn(0.5, 0)]) == [0, math.inf]
    assert simulate(flow, turns=[]) == [math.inf, math.inf]


def test_a_read_that_ends_as_another_exam_arrives_has_freed_its_seat() -> None:
    flow = Flow(at=[0, 5], priority=[0, 0], read=[5, 5])

    assert simulate(flow, turns=[Turn(0, 1)]) == [0, 5]


exams = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(1, 9)), max_size=25
).map(sorted)
changes = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 4)), max_size=5).map(sorted)


@given(exams, changes)
def test_never_more_are_read_than_there_are_seats_and_no_seat_idles_beside_a_wait(
    found: list[tuple[int, int, int]], turned: list[tuple[int, int]]
) -> None:
    flow = Flow(*([each[column] for each in found] for column in range(3)))
    turns = [Turn(-1, 1), *(Turn(at, seats) for at, seats in turned)]
    starts = simulate(flow, turns=turns)
    ends = [start + read for start, read in zip(starts, flow.read, strict=True)]

    for now in range(120):
        seats = [turn.seats for turn in turns if turn.at <= now][-1]
        busy = sum(s <= now < e for s, e in zip(starts, ends, strict=True))
        waiting = [n for n, at in enumerate(flow.at) if at <= now < starts[n]]
        begun = [n for n, start in enumerate(starts) if start == now]
        assert busy <= seats or not begun
        assert not waiting or busy >= seats
        assert all(
            (flow.priority[one], one) < (flow.priority[other], other)
            for one in begun
            for other in waiting
            if flow.at[other] < now
        )


@given(exams, st.integers(1, 4))
def test_one_seat_more_never_ends_the_last_read_later(
    found: list[tuple[int, int, int]], seats: int
) -> None:
    # Of equal reads, which is where it is certain.
    flow = Flow([each[0] for each in found], [0] * len(found), [4] * len(found))

    fewer = simulate(flow, turns=[Turn(0, seats)])
    more = simulate(flow, turns=[Turn(0, seats + 1)])

    assert all(one >= other for one, other in zip(fewer, more, strict=True))
