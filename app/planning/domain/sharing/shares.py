"""Volumes become shares: whole millionths that sum to one million, without a float."""

from collections.abc import Mapping
from fractions import Fraction

MILLION = 1_000_000


def apportion(seats: int, *, volumes: Mapping[str, int]) -> dict[str, int]:
    """Give each society its whole number of seats (or of millionths), by largest remainders.

    Ties go to the society whose name sorts first: the same input always gives the same shares.

    Parameters
    ----------
    seats
        Seats to hand out, >= 0.
    volumes
        Exams (or any weight) of the reference period, by society; all >= 0, at least one > 0.

    Returns
    -------
    dict
        Seats by society, in the order of `volumes`; sums to `seats`; each is its exact quota
        rounded down or up; no volume, no seat.

    Raises
    ------
    ValueError
        If a number is negative, or no society has any volume.

    References
    ----------
    Hamilton's method: Balinski & Young, *Fair Representation*, 2nd ed., 2001, ch. 2.
    """
    quotas = _quotas(seats, volumes)
    counts = {name: int(quota) for name, quota in quotas.items()}
    left = seats - sum(counts.values())
    # A society without volume has no remainder; enough others have one to take all that is left.
    order = sorted(quotas, key=lambda name: (counts[name] - quotas[name], name))
    for name in order[:left]:
        counts[name] += 1
    return counts


def shares(volumes: Mapping[str, int]) -> dict[str, int]:
    """Publish each society's share in whole millionths, which sum to exactly one million.

    Raises
    ------
    ValueError
        As `apportion`.
    """
    return apportion(MILLION, volumes=volumes)


def spread_amount(millionths: int, *, weights: Mapping[str, int]) -> dict[str, int]:
    """Spread an amount, which may be negative, over societies in proportion to their weights.

    Returns
    -------
    dict
        Whole millionths by society, which sum to exactly `millionths`; each less than one
        millionth from exact.

    Raises
    ------
    ValueError
        As `apportion`.
    """
    sign = -1 if millionths < 0 else 1
    parts = apportion(abs(millionths), volumes=weights)
    return {name: sign * part for name, part in parts.items()}


def _quotas(seats: int, volumes: Mapping[str, int]) -> dict[str, Fraction]:
    if seats < 0:
        msg = f"there cannot be {seats} seats to share"
        raise ValueError(msg)
    negative = sorted(name for name, volume in volumes.items() if volume < 0)
    if negative:
        msg = f"the volume of {', '.join(negative)} is negative"
        raise ValueError(msg)
    total = sum(volumes.values())
    if total == 0:
        msg = "no society has any volume, so that nothing says whose the seats are"
        raise ValueError(msg)
    return {name: Fraction(seats * volume, total) for name, volume in volumes.items()}
