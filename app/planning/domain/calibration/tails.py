"""Tails of the distributions of counts, and how sure a mean of a simulation is.

All sums are of every term, none is approximated by a normal law: hours with few exams are those
that matter at night.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, stdev

_TERMS = 10_000
_PRECISE = 1e-15


def poisson_probability(count: int, *, mean: float) -> float:
    """Compute the probability of exactly `count` >= 0 where `mean` >= 0 are expected."""
    if mean == 0:
        return float(count == 0)
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def count_probability(count: int, *, mean: float, spread: float) -> float:
    """Compute the probability of a count whose rate itself varies (negative binomial).

    Parameters
    ----------
    spread
        Variance of the rate over the square of its mean, >= 0: 0 is a Poisson count, and the
        variance of the count is `mean + spread * mean**2`.
    """
    if spread * mean < _PRECISE:
        return poisson_probability(count, mean=mean)
    shape = 1 / spread
    log_ways = math.lgamma(count + shape) - math.lgamma(shape) - math.lgamma(count + 1)
    even = -shape * math.log1p(mean * spread)
    return math.exp(log_ways + even + count * math.log(mean / (shape + mean)))


def count_quantile(quantile: float, *, mean: float, spread: float) -> int:
    """Find the least count that is not exceeded with probability `quantile` (in [0, 1))."""
    count, below = 0, count_probability(0, mean=mean, spread=spread)
    while below < quantile - _PRECISE:
        count += 1
        below += count_probability(count, mean=mean, spread=spread)
    return count


def count_below(bound: float, *, mean: float, spread: float) -> float:
    """Compute the probability of a count below `bound`; a count equal to it is not below."""
    counts = range(math.ceil(bound))
    return math.fsum(count_probability(each, mean=mean, spread=spread) for each in counts)


def gamma_below(shape: float, *, x: float) -> float:
    """Compute the probability that a gamma variable of this shape and scale 1 is at most `x`.

    For a whole `shape` it is the probability that a Poisson count of mean `x` is at least `shape`.
    Exact to twelve digits for shapes up to a million.

    References
    ----------
    Abramowitz & Stegun 1964, 6.5.29 (series) and 6.5.31 (continued fraction, by Lentz's method).
    """
    if x <= 0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return scale * _gamma_series(shape, x=x)
    return 1 - scale * _gamma_fraction(shape, x=x)


def _gamma_series(shape: float, *, x: float) -> float:
    term = total = 1 / shape
    for step in range(1, _TERMS):
        term *= x / (shape + step)
        total += term
        if term < total * _PRECISE:
            break
    return total


def _gamma_fraction(shape: float, *, x: float) -> float:
    below = x + 1 - shape
    ratio, inverse = 1 / _PRECISE**2, 1 / below
    fraction = inverse
    for step in range(1, _TERMS):
        numerator = -step * (step - shape)
        below += 2
        inverse = 1 / (numerator * inverse + below)
        ratio = below + numerator / ratio
        change = inverse * ratio
        fraction *= change
        if abs(change - 1) < _PRECISE:
            break
    return fraction


@lru_cache(maxsize=4096)
def gamma_quantile(shape: float, *, quantile: float) -> float:
    """Find the value that a gamma variable of this shape and scale 1 stays below so often.

    Parameters
    ----------
    shape
        > 0.
    quantile
        In (0, 1).
    """
    return _solve(lambda x: gamma_below(shape, x=x), quantile=quantile)


def student_below(x: float, *, freedom: int) -> float:
    """Compute the probability that Student's variable is at most `x`.

    References
    ----------
    Abramowitz & Stegun 1964, 26.7.3 and 26.7.4: a finite sum, exact for whole degrees of freedom.
    """
    angle = math.atan(x / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = total = cosine if odd else 1.0
    for step in range(2 + odd, freedom, 2):
        term *= cosine**2 * (step - 1) / step
        total += term
    if freedom == 1:
        inside = 2 * angle / math.pi
    elif odd:
        inside = 2 / math.pi * (angle + sine * total)
    else:
        inside = sine * total
    return (1 + inside) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and the half-width of its interval."""

    mean: float
    half_width: float

    def holds(self, value: float) -> bool:
        """Is the value inside the interval?"""
        return abs(value - self.mean) <= self.half_width


def estimate(values: Sequence[float], *, confidence: float = 0.999) -> Estimate:
    """Estimate a mean from independent values (replications, or batches), two at least.

    Parameters
    ----------
    confidence
        Probability that the interval holds the true mean, by Student's law; two-sided.
    """
    freedom = len(values) - 1
    quantile = _solve(lambda x: 2 * student_below(x, freedom=freedom) - 1, quantile=confidence)
    return Estimate(fmean(values), quantile * stdev(values) / math.sqrt(len(values)))


def _solve(below: Callable[[float], float], *, quantile: float) -> float:
    high = 1.0
    while below(high) < quantile:
        high *= 2
    low = 0.0
    while (middle := (low + high) / 2) not in {low, high}:
        low, high = (middle, high) if below(middle) < quantile else (low, middle)
    return high
