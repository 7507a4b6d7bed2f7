"""Closed forms of queues: what calibration asks first, and what simulations are checked against.

Exams arrive at random at a rate, wait in one line, and are read by equal seats. The load is the
number of seats that would be busy if there were no limit: rate x mean read. A load given as a
`Fraction` gives an exact `Fraction`; a float gives a float, also for hundreds of seats. Times are
in any one unit, the same throughout a call.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

Real = TypeVar("Real", float, Fraction)
_NEGLIGIBLE = 1e-18


def erlang_b(seats: int, *, load: Real) -> Real:
    """Compute the share of exams that find every seat busy where nobody may wait (M/M/c/c).

    References
    ----------
    Erlang's loss formula by its recursion in the number of seats, which neither overflows nor
    cancels: Cooper, *Introduction to Queueing Theory*, 2nd ed., 1981, ch. 3.
    """
    if seats < 0 or load < 0:
        raise ValueError(f"seats and load are at least 0, not {seats} and {load}")
    blocked = load**0
    for seat in range(1, seats + 1):
        blocked = load * blocked / (seat + load * blocked)
    return blocked


def erlang_c(seats: int, *, load: Real) -> Real:
    """Compute the share of exams that wait (M/M/c).

    Returns
    -------
    float or Fraction
        1 where the load is not below the number of seats: then the line grows for ever.

    References
    ----------
    Erlang 1917; written with the loss formula as in Cooper 1981, ch. 3.
    """
    blocked = erlang_b(seats, load=load)
    if load >= seats:
        return load**0
    return seats * blocked / (seats - load * (1 - blocked))


def occupancy(seats: int, *, load: Real) -> Real:
    """Compute the part of the time that a seat is busy, at most 1; `seats` > 0."""
    return min(load / seats, load**0)


def mean_wait(seats: int, *, load: Real, read: Real) -> Real:
    """Compute the mean wait for reads of mean `read`, those who do not wait counted (ASA).

    Raises
    ------
    ValueError
        If the load is not below the number of seats: there is no mean.
    """
    _check_stable(seats, load=load)
    return erlang_c(seats, load=load) * read / (seats - load)


def waits_longer(seats: int, *, load: float, read: float, than: float) -> float:
    """Compute the share of exams that wait longer than `than`, for reads of mean `read`."""
    if load >= seats:
        return 1.0
    return erlang_c(seats, load=load) * math.exp(-(seats - load) * than / read)


def service_level(seats: int, *, load: float, read: float, within: float) -> float:
    """Compute the share of exams that wait no longer than `within`."""
    return 1 - waits_longer(seats, load=load, read=read, than=within)


def mean_sojourn(seats: int, *, load: Real, read: Real) -> Real:
    """Compute the mean of wait and read together; errors as `mean_wait`."""
    return mean_wait(seats, load=load, read=read) + read


def stays_longer(seats: int, *, load: float, read: float, than: float) -> float:
    """Compute the share of exams whose wait and exponential read together exceed `than`.

    References
    ----------
    The wait, when there is one, is exponential of rate `(seats - load) / read` and independent of
    the read: Gross & Harris, *Fundamentals of Queueing Theory*, 4th ed., 2008, §2.3.
    """
    if load >= seats:
        return 1.0
    reads = than / read
    gap = seats - 1 - load
    if abs(reads * gap) < 1:
        both = math.exp(-reads) * (-math.expm1(-reads * gap) / gap if gap else reads)
    else:
        both = (math.exp(-reads) - math.exp(-reads * (seats - load))) / gap
    return math.exp(-reads) + erlang_c(seats, load=load) * both


def fewest_seats(*, load: float, read: float, within: float, target: float) -> int:
    """Find the least number of seats with which a share `target` waits no longer than `within`.

    Looked at from the first number above the load on: none below it is stable, and none is left
    out (a scan that starts at `round(load + 1)` passes over the smallest stable number).

    Raises
    ------
    ValueError
        If `target` is not from 0 up to, but not including, 1.
    """
    _check_target(target)
    seats = math.floor(load) + 1
    while service_level(seats, load=load, read=read, within=within) < target:
        seats += 1
    return seats


def fewest_seats_for_sojourn(*, load: float, read: float, within: float, target: float) -> int:
    """Find the least number of seats with which wait and exponential read end `within` a time.

    Raises
    ------
    ValueError
        If `target` is out of its range, or so many reads alone last longer than `within` that no
        number of seats can reach it.
    """
    _check_target(target)
    too_long = math.exp(-within / read)
    if too_long >= 1 - target:
        raise ValueError(
            f"no number of seats brings {target:.1%} of the exams under {within:g}: "
            f"{too_long:.1%} of the reads alone last longer"
        )
    seats = math.floor(load) + 1
    while stays_longer(seats, load=load, read=read, than=within) > 1 - target:
        seats += 1
    return seats


def priority_waits(seats: int, *, rates: Sequence[Real], read: Real) -> list[Real]:
    """Compute the mean wait of each priority when a read, once begun, is never broken off.

    Parameters
    ----------
    rates
        Exams per unit of time, the most urgent priority first; all have the same exponential read.
    read
        Mean read.

    Raises
    ------
    ValueError
        If a priority and those above it load the seats fully: its wait has no mean.

    References
    ----------
    Cobham, *Operations Research* 2, 1954; for several servers Davis, *Operations Research* 14,
    1966.
    """
    waiting = erlang_c(seats, load=sum(rates, start=read - read) * read)
    waits, above = [], read - read
    for rate in rates:
        through = above + rate
        _check_stable(seats, load=through * read)
        free = (1 - above * read / seats) * (1 - through * read / seats)
        waits.append(waiting * read / seats / free)
        above = through
    return waits


def mean_wait_of_one_seat(*, rate: Real, read: Real, read_squared: Real) -> Real:
    """Compute the mean wait at one seat for reads of any distribution (M/G/1).

    Parameters
    ----------
    read, read_squared
        Mean of the read and of its square.

    Raises
    ------
    ValueError
        If the load is not below 1.

    References
    ----------
    Pollaczek 1930, Khinchine 1932; Gross & Harris 2008, §5.1.
    """
    _check_stable(1, load=rate * read)
    return rate * read_squared / (2 * (1 - rate * read))


@dataclass(frozen=True, slots=True, kw_only=True)
class Impatience:
    """A queue whose exams are sent elsewhere when they have waited too long: shares and a time."""

    waits: float
    leaves: float
    occupancy: float
    mean_wait: float
    """Of all exams, also of those that leave."""


def erlang_a(seats: int, *, rate: float, read: float, patience: float) -> Impatience:
    """Compute a queue with exponential patience (M/M/c+M), stable at any load.

    Parameters
    ----------
    seats, rate, read, patience
        All > 0; the last two are means.

    References
    ----------
    Palm 1957; Mandelbaum & Zeltyn, *Service Engineering in Action*, 2007. States are added one by
    one to a queue cut off there, so that no term can overflow.
    """
    load = rate * read
    waits, queue, state, share = 0.0, 0.0, 0, 1.0
    while state <= seats or share * (state - seats) > _NEGLIGIBLE or share > _NEGLIGIBLE:
        state += 1
        line = state - seats
        leaving = state if line <= 0 else seats + line * read / patience
        share = load * share / (leaving + load * share)
        waits += share * ((line >= 0) - waits)
        queue += share * (max(line, 0) - queue)
    leaves = queue / patience / rate
    return Impatience(
        waits=waits, leaves=leaves, occupancy=load * (1 - leaves) / seats, mean_wait=queue / rate
    )


def _check_stable(seats: int, *, load: float | Fraction) -> None:
    if load >= seats:
        raise ValueError(f"{seats} seats cannot carry a load of {load}: the line grows for ever")


def _check_target(target: float) -> None:
    if not 0 <= target < 1:
        raise ValueError(f"a target is a share of exams, from 0 up to but not 1: not {target}")
