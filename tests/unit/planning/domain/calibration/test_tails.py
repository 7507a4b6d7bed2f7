"""Tails of counts and Student's law against tables, definitions and each other."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calibration.tails import (
    Estimate,
    count_below,
    count_probability,
    count_quantile,
    estimate,
    gamma_below,
    gamma_quantile,
    poisson_probability,
    student_below,
)

means = st.floats(0.01, 60)
spreads = st.floats(0.01, 3)


@pytest.mark.parametrize(("count", "limit"), ((0, 2.9957), (1, 4.7439), (2, 6.2958), (10, 16.962)))
def test_upper_limits_of_a_poisson_mean_are_those_of_the_tables(count: int, limit: float) -> None:
    # Garwood 1936, one-sided 95 %.
    assert gamma_quantile(count + 1, quantile=0.95) == pytest.approx(limit, abs=1e-3)


def test_quantiles_of_chi_square_are_those_of_the_tables() -> None:
    assert 2 * gamma_quantile(5, quantile=0.95) == pytest.approx(18.307, abs=5e-4)
    assert 2 * gamma_quantile(0.5, quantile=0.95) == pytest.approx(3.8415, abs=5e-5)


@given(st.integers(1, 80), st.floats(0.01, 200))
def test_a_gamma_law_of_whole_shape_is_a_sum_of_poisson_terms(shape: int, x: float) -> None:
    below = math.fsum(poisson_probability(count, mean=x) for count in range(shape))

    assert gamma_below(shape, x=x) == pytest.approx(1 - below, abs=1e-11)


@given(st.floats(1e-4, 20))
def test_a_gamma_law_of_shape_one_half_is_the_error_function(x: float) -> None:
    assert gamma_below(0.5, x=x) == pytest.approx(math.erf(math.sqrt(x)), abs=1e-12)


@given(st.floats(0.2, 500), st.floats(0.01, 0.99))
def test_a_gamma_quantile_is_where_its_law_says(shape: float, quantile: float) -> None:
    assert gamma_below(shape, x=gamma_quantile(shape, quantile=quantile)) == pytest.approx(
        quantile, abs=1e-9
    )


def test_nothing_lies_below_nothing() -> None:
    assert gamma_below(3, x=0) == gamma_below(3, x=-1) == 0


@pytest.mark.parametrize(("mean", "count"), ((2, 0), (2, 3), (4, 7)))
def test_poisson_terms_are_their_definition(mean: int, count: int) -> None:
    exact = math.exp(-mean) * float(Fraction(mean**count, math.factorial(count)))

    assert poisson_probability(count, mean=mean) == pytest.approx(exact)


@given(means, st.integers(0, 30))
def test_a_spread_of_one_is_the_geometric_law(mean: float, count: int) -> None:
    success = 1 / (1 + mean)

    assert count_probability(count, mean=mean, spread=1) == pytest.approx(
        success * (1 - success) ** count
    )


@given(means, spreads)
def test_counts_have_the_mean_and_the_variance_that_were_asked_for(
    mean: float, spread: float
) -> None:
    most = int(mean + 60 * math.sqrt(mean + spread * mean**2)) + 60
    terms = [count_probability(count, mean=mean, spread=spread) for count in range(most)]
    first = math.fsum(count * term for count, term in enumerate(terms))
    second = math.fsum(count**2 * term for count, term in enumerate(terms))

    assert math.fsum(terms) == pytest.approx(1, abs=1e-9)
    assert first == pytest.approx(mean, rel=1e-6)
    assert second - first**2 == pytest.approx(mean + spread * mean**2, rel=1e-4)


@given(means, st.one_of(st.just(0.0), spreads), st.floats(0.05, 0.999))
def test_a_quantile_is_the_least_count_that_is_high_enough(
    mean: float, spread: float, quantile: float
) -> None:
    count = count_quantile(quantile, mean=mean, spread=spread)

    assert count_below(count + 1, mean=mean, spread=spread) >= quantile - 1e-12
    assert count_below(count, mean=mean, spread=spread) < quantile


def test_quantiles_of_four_exams_an_hour_are_those_of_the_tables() -> None:
    # Poisson(4): P(N <= 6) = 0.8893, P(N <= 7) = 0.9489.
    assert count_quantile(0.889, mean=4, spread=0) == 6
    assert count_quantile(0.9, mean=4, spread=0) == 7
    assert count_quantile(0.95, mean=4, spread=0) == 8
    assert count_quantile(0.5, mean=0, spread=0) == 0


def test_a_count_below_a_bound_leaves_the_bound_out() -> None:
    assert count_below(0, mean=2, spread=0) == 0
    assert count_below(1, mean=2, spread=0) == pytest.approx(math.exp(-2))
    assert count_below(1.5, mean=2, spread=0) == pytest.approx(3 * math.exp(-2))


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    ((1, 636.619), (2, 31.599), (3, 12.924), (9, 4.781), (29, 3.659), (30, 3.646), (120, 3.373)),
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_below(quantile, freedom=freedom) == pytest.approx(0.9995, abs=1e-6)


def test_an_estimate_is_a_mean_with_its_interval() -> None:
    # Mean 3, standard deviation 1.5811 of five values; t(4, 99.9 %) is 8.610.
    seen = estimate([1, 2, 3, 4, 5])

    assert seen.mean == 3
    assert seen.half_width == pytest.approx(8.610 * math.sqrt(2.5 / 5), rel=1e-4)
    assert seen.holds(3 + seen.half_width * 0.999)
    assert not seen.holds(3 + seen.half_width * 1.001)
    assert Estimate(1, 0).holds(1)


@given(st.floats(0.001, 40), st.integers(1, 60))
def test_students_law_is_symmetric_and_rises(x: float, freedom: int) -> None:
    assert student_below(-x, freedom=freedom) == pytest.approx(
        1 - student_below(x, freedom=freedom), abs=1e-12
    )
    assert student_below(x, freedom=freedom) >= 0.5
