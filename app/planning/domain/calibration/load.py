"""How many readers arrivals keep busy when their rate changes: the load runs behind the rate.

With reads of ten minutes and more, who is busy at half past midnight reads what came before
midnight. The load of an hour is therefore the mean number that would be busy with seats without
end, folded from the rates of this hour and of those before it; the closed forms of a constant rate
are then asked with it.

References
----------
Modified offered load: Jennings, Mandelbaum, Massey & Whitt, *Management Science* 42, 1996; the lag
of the stationary independent period-by-period approach: Green, Kolesar & Soares, *Operations
Research* 49, 2001; Green, Kolesar & Whitt, *Production and Operations Management* 16, 2007.
"""

from collections.abc import Callable, Sequence

from app.planning.domain.calibration.reads import ReadTime

_FORGOTTEN = 1e-6
_STEPS = 240
_LONGEST = 24


def busy_at(time: float, *, rates: Sequence[float], mean_up_to: Callable[[float], float]) -> float:
    """Compute the mean number that are busy at a time, with seats without end, from nobody at 0.

    Parameters
    ----------
    time
        In the unit of the rates, >= 0.
    rates
        Exams in each unit of time, from 0 on.
    mean_up_to
        Mean of a read cut off after a time, 0 for a negative one.

    References
    ----------
    Eick, Massey & Whitt, *Operations Research* 41, 1993: exact, whatever the distribution of reads.
    """
    return sum(
        rate * (mean_up_to(time - start) - mean_up_to(time - start - 1))
        for start, rate in enumerate(rates)
    )


def lag_weights(read: ReadTime) -> tuple[float, ...]:
    """Compute what the rate of an hour, and of each hour before it, adds to the load of the hour.

    Parameters
    ----------
    read
        In hours.

    Returns
    -------
    tuple
        This hour first; it sums to the mean read, so that a constant rate gives `rate * mean`.
        Hours are left out from where a read that long is less than one in a million.
    """
    # The mean over the hour, by midpoints; the remainder keeps the sum exact.
    middles = [(step + 0.5) / _STEPS for step in range(_STEPS)]
    weights = [sum(map(read.mean_up_to, middles)) / _STEPS]
    while read.mean - sum(weights) > read.mean * _FORGOTTEN and len(weights) < _LONGEST:
        since = len(weights)
        parts = (read.mean_up_to(m + since) - read.mean_up_to(m + since - 1) for m in middles)
        weights.append(sum(parts) / _STEPS)
    return (*weights[:-1], read.mean - sum(weights[:-1]))


def offered_loads(rates: Sequence[float], *, read: ReadTime) -> list[float]:
    """Compute the load of each hour of a stretch, as if the stretch came round again and again.

    Parameters
    ----------
    rates
        Exams in each hour, one hour after the other.
    read
        In hours.
    """
    weights = lag_weights(read)
    return [
        sum(weight * rates[(hour - back) % len(rates)] for back, weight in enumerate(weights))
        for hour in range(len(rates))
    ]
