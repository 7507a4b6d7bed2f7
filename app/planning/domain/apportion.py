"""Share seats among societies in proportion to their volumes, without a float.

The largest remainders of one period, nothing carried over; the ledger is a later matter.
"""

from collections.abc import Mapping
from fractions import Fraction

MILLION = 1_000_000


def apportion(seats: int, *, volumes: Mapping[str, int]) -> dict[str, int]:
    """Give each society its whole number of seats, by largest remainders.

    Ties go to the society whose name sorts first: the same input always gives the same planning.

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


def entitlements(seats: int, *, volumes: Mapping[str, int]) -> dict[str, int]:
    """Compute each society's exact right to seats, in millionths of a seat.

    Returns
    -------
    dict
        `share * seats`, an exact integer because shares are whole millionths; sums to
        `seats` millions.

    Raises
    ------
    ValueError
        As `apportion`.
    """
    _check_seats(seats)
    return {name: share * seats for name, share in shares(volumes).items()}


def spread(counts: Mapping[str, int]) -> list[str]:
    """Order the seats of a period so that no society's seats come in a lump.

    The seat number j (from 0) of a society with a seats stands as near as possible to the fraction
    `(2 j + 1) / (2 a)` of the period; ties by name.

    Parameters
    ----------
    counts
        Seats by society, all >= 0.

    Returns
    -------
    list
        One name per seat, earliest seat first.
    """
    places = [
        (Fraction(2 * number + 1, 2 * count), name)
        for name, count in counts.items()
        for number in range(count)
    ]
    return [name for _, name in sorted(places)]


def _quotas(seats: int, volumes: Mapping[str, int]) -> dict[str, Fraction]:
    _check_seats(seats)
    negative = sorted(name for name, volume in volumes.items() if volume < 0)
    if negative:
        msg = f"the volume of {', '.join(negative)} is negative"
        raise ValueError(msg)
    total = sum(volumes.values())
    if total == 0:
        msg = "no society has any volume, so that nothing says whose the seats are"
        raise ValueError(msg)
    return {name: Fraction(seats * volume, total) for name, volume in volumes.items()}


def _check_seats(seats: int) -> None:
    if seats < 0:
        msg = f"there cannot be {seats} seats to share"
        raise ValueError(msg)
