"""Closed forms of queues: exact fractions, published figures, and what must hold for any queue."""

import math
from fractions import Fraction
from operator import mul

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.queueing import (
    erlang_a,
    erlang_b,
    erlang_c,
    fewest_seats,
    fewest_seats_for_sojourn,
    mean_sojourn,
    mean_wait,
    mean_wait_of_one_seat,
    occupancy,
    priority_waits,
    service_level,
    stays_longer,
    waits_longer,
)

F = Fraction
seat_counts = st.integers(1, 40)
parts = st.fractions(min_value=F(1, 100), max_value=F(99, 100), max_denominator=100)

# A call centre of 100 calls in half an hour of 180 s each: load 10.
CALLS, CALL_S, ANSWERED_S = 10.0, 180.0, 20.0


# ------------------------------------------------------------------------------- exact fractions


@pytest.mark.parametrize(
    ("seats", "load", "waiting"),
    (
        (2, F(2, 3), F(1, 6)),
        (2, F(1), F(1, 3)),
        (3, F(1), F(1, 11)),
        (3, F(2), F(4, 9)),
        (4, F(2), F(4, 23)),
        (4, F(3), F(27, 53)),
        (5, F(3), F(81, 343)),
        (6, F(5), F(3125, 5319)),
        (7, F(5), F(15625, 48203)),
    ),
)
def test_the_share_that_waits_is_an_exact_fraction(
    seats: int, load: Fraction, waiting: Fraction
) -> None:
    assert erlang_c(seats, load=load) == waiting
    assert isinstance(erlang_c(seats, load=load), Fraction)
    assert erlang_c(seats, load=float(load)) == pytest.approx(float(waiting), rel=1e-14)


@given(st.integers(0, 20), st.fractions(min_value=0, max_value=30, max_denominator=20))
def test_the_loss_formula_is_its_definition(seats: int, load: Fraction) -> None:
    terms = [load**n / math.factorial(n) for n in range(seats + 1)]

    assert erlang_b(seats, load=load) == terms[-1] / sum(terms)


@given(seat_counts, parts)
def test_the_share_that_waits_is_its_definition(seats: int, part: Fraction) -> None:
    load = part * seats
    below = sum(load**n / math.factorial(n) for n in range(seats))
    above = load**seats / math.factorial(seats) / (1 - part)

    assert erlang_c(seats, load=load) == above / (below + above)


def test_one_seat_waits_as_often_as_it_is_busy() -> None:
    assert erlang_c(1, load=F(3, 5)) == F(3, 5)
    assert mean_wait(1, load=F(3, 5), read=F(1)) == F(3, 2)
    assert mean_sojourn(1, load=F(3, 5), read=F(1)) == F(5, 2)


# ------------------------------------------------------------------------------ published figures


@pytest.mark.parametrize(
    ("seats", "waiting"),
    ((11, 0.6821182), (12, 0.4493882), (13, 0.2852705), (14, 0.1741319), (15, 0.1020424)),
)
def test_a_call_centre_of_ten_busy_seats_waits_as_published(seats: int, waiting: float) -> None:
    assert erlang_c(seats, load=CALLS) == pytest.approx(waiting, abs=5e-8)


def test_a_call_centre_of_fourteen_seats_answers_as_published() -> None:
    # pyworkforce 0.1 and R's ErlangC give the same four figures.
    within = service_level(14, load=CALLS, read=CALL_S, within=ANSWERED_S)

    assert within == pytest.approx(0.8883500, abs=5e-8)
    assert mean_wait(14, load=CALLS, read=CALL_S) == pytest.approx(7.835937, abs=5e-7)
    assert occupancy(14, load=CALLS) == pytest.approx(0.7142857, abs=5e-8)


def test_a_bound_on_occupancy_gives_fifteen_seats_as_published() -> None:
    fewest = next(c for c in range(1, 30) if occupancy(c, load=CALLS) <= 0.7)

    assert fewest == 15
    assert service_level(15, load=CALLS, read=CALL_S, within=ANSWERED_S) == pytest.approx(
        0.941, abs=5e-4
    )


def test_a_hundred_seats_wait_as_tijms_gives_it() -> None:
    # Tijms, A First Course in Stochastic Models, 2003, p. 200: who waits, waits a fifth of a read.
    waiting = erlang_c(100, load=95.0)

    assert waiting == pytest.approx(0.50646, abs=5e-6)
    assert mean_wait(100, load=95.0, read=1.0) / waiting == pytest.approx(1 / 5)


def test_calls_that_hang_up_are_as_published() -> None:
    # pyworkforce's guide: the same centre, 13 seats, patience of 5 min.
    left = erlang_a(13, rate=100 / 30, read=3, patience=5)

    assert left.waits == pytest.approx(0.2258, abs=5e-5)
    assert left.leaves == pytest.approx(0.02496, abs=5e-6)
    assert left.occupancy == pytest.approx(0.7500, abs=5e-5)
    assert left.mean_wait == pytest.approx(0.1248, abs=5e-5)


def test_fifty_agents_wait_as_mandelbaum_and_zeltyn_give_it() -> None:
    left = erlang_a(50, rate=48, read=1, patience=2)

    assert mean_wait(50, load=48.0, read=60.0) == pytest.approx(20.83, abs=5e-3)
    assert erlang_c(50, load=48.0) == pytest.approx(0.6945, abs=5e-5)
    assert left.mean_wait * 60 == pytest.approx(3.709, abs=5e-4)
    assert left.leaves == pytest.approx(0.0309, abs=5e-5)
    assert left.occupancy == pytest.approx(0.930, abs=5e-4)


def test_four_readers_hold_half_an_hour_as_often_as_worked_out() -> None:
    load = 8 / 3

    assert stays_longer(4, load=load, read=10, than=30) == pytest.approx(1 - 0.91448, abs=5e-6)
    assert stays_longer(4, load=load, read=10, than=60) == pytest.approx(1 - 0.99509, abs=5e-6)
    assert mean_sojourn(4, load=load, read=10) == pytest.approx(12.838, abs=5e-4)


@pytest.mark.parametrize(
    ("read", "for_wait", "for_both"),
    (
        (8, (2, 2, 3, 4, 4, 5), (1, 2, 3, 3, 4, 4)),
        (10, (2, 3, 4, 4, 5, 6), (2, 2, 3, 4, 4, 5)),
        (12, (2, 3, 4, 5, 6, 7), (2, 3, 4, 4, 5, 6)),
    ),
)
def test_the_table_of_fewest_seats_comes_out(
    read: int, for_wait: tuple[int, ...], for_both: tuple[int, ...]
) -> None:
    loads = [rate * read / 60 for rate in (4, 8, 12, 16, 20, 24)]

    assert for_wait == tuple(
        fewest_seats(load=load, read=read, within=20, target=0.95) for load in loads
    )
    assert for_both == tuple(
        fewest_seats_for_sojourn(load=load, read=read, within=60, target=0.95) for load in loads
    )


# ------------------------------------------------------------------------------------- priorities


def test_two_priorities_at_one_seat_stay_two_and_six() -> None:
    waits = priority_waits(1, rates=[F(1, 5), F(3, 5)], read=F(1))

    assert [wait + 1 for wait in waits] == [2, 6]


@pytest.mark.parametrize(
    ("seats", "expected"),
    (
        (1, (F(5, 21), F(25, 77), F(10, 11))),
        (2, (F(5, 174), F(25, 754), F(5, 104))),
    ),
)
def test_three_priorities_wait_as_worked_out(seats: int, expected: tuple[Fraction, ...]) -> None:
    waits = priority_waits(seats, rates=[F(1, 5), F(3, 5), F(6, 5)], read=F(1, 3))

    assert tuple(waits) == expected
    decimals = {1: (0.2381, 0.3247, 0.9091), 2: (0.02874, 0.03316, 0.04808)}[seats]
    assert [float(wait) for wait in waits] == pytest.approx(decimals, rel=3e-4)


@given(st.integers(1, 8), st.lists(parts, min_size=1, max_size=4))
def test_priorities_share_out_the_wait_of_one_line(seats: int, weights: list[Fraction]) -> None:
    # Work is conserved: the order of equal reads moves waits about, and makes none.
    rates = [weight * seats / (sum(weights) + 1) for weight in weights]
    waits = priority_waits(seats, rates=rates, read=F(1))

    mean = sum(rate * wait for rate, wait in zip(rates, waits, strict=True)) / sum(rates)
    assert mean == mean_wait(seats, load=sum(rates, start=F(0)), read=F(1))
    assert waits == sorted(waits)


def test_the_urgent_have_a_mean_wait_where_the_others_wait_for_ever() -> None:
    assert priority_waits(1, rates=[F(1, 2)], read=F(1)) == [1]

    with pytest.raises(ValueError, match="1 seats cannot carry a load of 1"):
        priority_waits(1, rates=[F(1, 2), F(1, 2)], read=F(1))


# ------------------------------------------------------------------------------------ other reads


@given(parts)
def test_one_seat_with_exponential_reads_is_the_special_case(rate: Fraction) -> None:
    squared = mean_wait_of_one_seat(rate=rate, read=F(1), read_squared=F(2))

    assert squared == mean_wait(1, load=rate, read=F(1))


@given(parts)
def test_reads_that_are_all_alike_halve_the_wait(rate: Fraction) -> None:
    alike = mean_wait_of_one_seat(rate=rate, read=F(1), read_squared=F(1))

    assert 2 * alike == mean_wait(1, load=rate, read=F(1))


# ------------------------------------------------------------------------------- for any queue


@given(seat_counts, parts, st.floats(0, 10))
def test_one_seat_more_never_makes_anybody_wait_longer(
    seats: int, part: Fraction, within: float
) -> None:
    load = float(part * seats)
    one_less = service_level(seats, load=load, read=1, within=within)

    assert 0 <= one_less <= service_level(seats + 1, load=load, read=1, within=within) <= 1


@given(st.floats(0, 60), st.floats(0, 5), st.floats(0, 0.999))
def test_the_fewest_seats_hold_the_target_and_one_fewer_does_not(
    load: float, within: float, target: float
) -> None:
    seats = fewest_seats(load=load, read=1, within=within, target=target)

    assert seats > load
    assert service_level(seats, load=load, read=1, within=within) >= target
    if seats - 1 > load:
        assert service_level(seats - 1, load=load, read=1, within=within) < target


def test_the_smallest_stable_number_is_looked_at() -> None:
    # round(3.6 + 1) is 5: a scan that starts there never sees that 4 seats are enough.
    assert fewest_seats(load=3.6, read=1, within=10, target=0.5) == 4


@given(st.floats(0.01, 30), st.floats(3, 20))
def test_the_fewest_seats_for_wait_and_read_hold_and_one_fewer_does_not(
    load: float, within: float
) -> None:
    seats = fewest_seats_for_sojourn(load=load, read=1, within=within, target=0.9)

    assert stays_longer(seats, load=load, read=1, than=within) <= 0.1
    if seats - 1 > load:
        assert stays_longer(seats - 1, load=load, read=1, than=within) > 0.1


@given(st.integers(1, 12), parts, st.floats(0, 20))
def test_wait_and_read_are_the_wait_folded_with_the_read(
    seats: int, part: Fraction, than: float
) -> None:
    # Against the integral over the read by Simpson's rule.
    load, steps = float(part * seats), 400
    width = than / steps
    heights = [
        math.exp(-step * width) * waits_longer(seats, load=load, read=1, than=than - step * width)
        for step in range(steps + 1)
    ]
    weights = [1, *([4, 2] * steps)[: steps - 1], 1]
    folded = math.exp(-than) + width / 3 * sum(map(mul, weights, heights))

    assert stays_longer(seats, load=load, read=1, than=than) == pytest.approx(folded, abs=1e-4)


@pytest.mark.parametrize("nudge", (-1e-9, -1e-13, 0, 1e-13, 1e-9))
def test_wait_and_read_are_smooth_where_the_formula_divides_by_nothing(nudge: float) -> None:
    at = stays_longer(3, load=2 + nudge, read=1, than=4)

    assert at == pytest.approx(math.exp(-4) * (1 + 4 * erlang_c(3, load=2.0)), rel=1e-7)


@given(st.integers(1, 30), st.floats(0.1, 20), st.floats(0.05, 50))
def test_an_impatient_line_keeps_its_balance(seats: int, rate: float, patience: float) -> None:
    left = erlang_a(seats, rate=rate, read=1, patience=patience)

    assert 0 <= left.leaves <= left.waits <= 1 + 1e-12
    assert left.leaves == pytest.approx(left.mean_wait / patience, rel=1e-9)
    assert left.occupancy * seats == pytest.approx(rate * (1 - left.leaves), rel=1e-9)
    assert left.occupancy <= 1 + 1e-9


def test_patience_without_end_is_a_line_that_nobody_leaves() -> None:
    left = erlang_a(4, rate=3, read=1, patience=1e9)

    assert left.waits == pytest.approx(27 / 53, rel=1e-6)
    assert left.mean_wait == pytest.approx(27 / 53, rel=1e-6)


def test_a_patience_as_long_as_a_read_is_a_queue_of_seats_without_end() -> None:
    # Then seats and line empty alike: the number present is Poisson.
    left = erlang_a(3, rate=2, read=1, patience=1)
    below = sum(2**n / math.factorial(n) for n in range(3)) * math.exp(-2)

    assert left.waits == pytest.approx(1 - below)


# ----------------------------------------------------------------------------------- what fails


def test_a_line_that_grows_for_ever_makes_everybody_wait() -> None:
    assert erlang_c(2, load=F(2)) == 1
    assert waits_longer(2, load=2.5, read=1, than=1e6) == 1
    assert stays_longer(2, load=2.5, read=1, than=1e6) == 1
    assert occupancy(2, load=2.5) == 1
    with pytest.raises(ValueError, match="2 seats cannot carry a load of 2"):
        mean_wait(2, load=F(2), read=F(1))


def test_hundreds_of_seats_neither_overflow_nor_vanish() -> None:
    assert erlang_c(2000, load=1950.0) == pytest.approx(0.17, abs=0.01)
    assert erlang_b(2000, load=1e-3) == 0


@pytest.mark.parametrize(("seats", "load"), ((-1, 1.0), (1, -0.5)))
def test_less_than_nothing_is_refused(seats: int, load: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        erlang_b(seats, load=load)


@pytest.mark.parametrize("target", (-0.1, 1, 1.5))
def test_a_target_that_is_no_share_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="a target is a share"):
        fewest_seats(load=1, read=1, within=1, target=target)


def test_a_target_that_the_reads_alone_break_is_refused() -> None:
    # e^-3 is 5 %: half an hour for 95 % of ten-minute reads is out of reach of any staffing.
    with pytest.raises(ValueError, match=r"5\.0% of the reads alone last longer"):
        fewest_seats_for_sojourn(load=1, read=10, within=29.9, target=0.95)
