"""What arrives in a simulation: drawn from rates that change by the hour, or replayed."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from itertools import accumulate
from random import Random

from app.planning.domain.calibration.arrivals import ArrivalPattern, Counts
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.simulation import Flow

_HOUR = timedelta(hours=1)
_HOURS_OF_BLOCK = 24
Draw = Callable[[Random], float]


@dataclass(frozen=True, slots=True)
class Chances:
    """Streams of random numbers, one for each thing that is drawn.

    A stream depends on nothing but the seed, the number of the replication and its name: an exam
    keeps its arrival, priority and read whatever the seats are.
    """

    seed: int
    replication: int = 0

    def stream(self, name: str) -> Random:
        """Open a stream at its beginning."""
        return Random(f"{self.seed}/{self.replication}/{name}")  # noqa: S311 - reproducible, no secret


def draw_times(rates: Sequence[float], *, chance: Random) -> list[float]:
    """Draw the arrivals of a Poisson process whose rate changes with each unit of time.

    Parameters
    ----------
    rates
        Exams in each unit of time, >= 0, from 0 on.

    References
    ----------
    Thinning: Lewis & Shedler, *Naval Research Logistics Quarterly* 26, 1979. What comes at the
    highest rate of a day is kept with the probability that the rate of its hour is of it.
    """
    times = []
    for start in range(0, len(rates), _HOURS_OF_BLOCK):
        block = rates[start : start + _HOURS_OF_BLOCK]
        peak = max(block)
        if peak <= 0:
            continue
        at = chance.expovariate(peak)
        while at < len(block):
            if chance.random() * peak < block[int(at)]:
                times.append(start + at)
            at += chance.expovariate(peak)
    return times


def scatter(pattern: ArrivalPattern, *, horizon: Horizon, chance: Random) -> list[float]:
    """Draw the rate of each hour of the horizon, so that counts vary as those seen.

    Where the counts were no more than Poisson, the rate is its mean; else it is drawn anew for each
    hour by the gamma law. That hours of one night go together is left to the replay of real ones.
    """
    seen = {cell: pattern.rate(cell) for cell in dict.fromkeys(horizon.cells)}
    rates = []
    for cell in horizon.cells:
        rate = seen[cell]
        # Drawn for every hour: one hour more of data must not shift all the others.
        factor = chance.gammavariate(1 / (rate.spread or 1), rate.spread or 1)
        rates.append(rate.mean * factor if rate.spread else rate.mean)
    return rates


def replay(counts: Counts, *, horizon: Horizon, zone: tzinfo, chance: Random) -> list[float]:
    """Let the exams of real nights arrive again, each somewhere in the hour it was counted in.

    Parameters
    ----------
    horizon
        Laid out over the dates that were observed.
    """
    hours: dict[tuple[date, int], list[int]] = {}
    for number in range(len(horizon.cells)):
        wall = (horizon.start + number * _HOUR).astimezone(zone)
        hours.setdefault((wall.date(), wall.hour), []).append(number)
    return sorted(
        chance.choice(numbers) + chance.random()
        for key, numbers in hours.items()
        for _ in range(counts.get(key, 0))
    )


def make_flow(
    times: Sequence[float], *, mix: Sequence[float], draw_read: Draw, chances: Chances
) -> Flow:
    """Give each arrival its priority and its read.

    Parameters
    ----------
    mix
        Weights of the priorities, most urgent first; at least one above 0.
    """
    bounds = [*accumulate(mix)]
    urgency, reads = chances.stream("priorities"), chances.stream("reads")
    priorities = [bisect_right(bounds, urgency.random() * bounds[-1]) for _ in times]
    return Flow(times, priorities, [draw_read(reads) for _ in times])
