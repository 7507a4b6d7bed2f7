"""Simulated nights on every core, put together in their order."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from app.dispatch.domain.simulation.comparison import Difference, compare, find_difference, join
from app.dispatch.domain.simulation.drawn import draw_night
from app.dispatch.domain.simulation.plan import Plan
from app.dispatch.domain.simulation.replayed import Replay, replay_night
from app.dispatch.domain.simulation.tally import Tally
from app.dispatch.domain.simulation.ways import make_policies

_NICENESS = 10
"""Who reads at night must not notice that somebody plans."""
_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be simulated; it goes to other processes as it is."""

    plan: Plan
    seed: int
    policies: tuple[str, ...]
    replay: Replay | None = None

    def count(self, nights: int) -> int:
        """Say how many nights there are: of a file, no more than it has."""
        return nights if self.replay is None else min(nights, len(self.replay.nights))

    def run_night(self, number: int) -> dict[str, Tally]:
        """Let one night be read by each policy."""
        if self.replay is None:
            night = draw_night(self.plan, seed=self.seed, number=number)
        else:
            evening = list(self.replay.nights)[number]
            night = replay_night(self.replay, plan=self.plan, seed=self.seed, evening=evening)
        known = make_policies()
        return compare(night, [known[name] for name in self.policies])


@dataclass(frozen=True, slots=True)
class Runs:
    """What all nights came to, by policy, and how each differs from the first."""

    nights: int
    tallies: Mapping[str, Tally]
    differences: Mapping[str, Difference]


def run_nights(job: Job, *, nights: int, workers: int, advance: Callable[[int], object]) -> Runs:
    """Simulate on some processes of low priority; the result does not depend on how many.

    Parameters
    ----------
    advance
        Is told how many nights are done, each time it is one more.
    """
    found = []
    # A child that is forked would inherit the thread that draws the progress.
    with ProcessPoolExecutor(
        min(workers, nights), mp_context=get_context("spawn"), initializer=_lower
    ) as pool:
        for night in pool.map(job.run_night, range(nights), chunksize=4):
            found.append(night)
            advance(len(found))
    tallies = join(found)
    first = tallies[job.policies[0]]
    others = job.policies[1:] if nights >= _FEWEST and len(first.means) >= _FEWEST else ()
    return Runs(nights, tallies, {name: find_difference(tallies[name], first) for name in others})


def _lower() -> None:
    os.nice(_NICENESS)


def describe(runs: Runs, *, job: Job) -> dict[str, Any]:
    """Write it for a file: what was simulated, and what each policy made of it."""
    plan = job.plan
    return {
        "nights": runs.nights,
        "seed": job.seed,
        "studies": plan.studies,
        "shares": plan.shares,
        "readers": [society + 1 for society in plan.readers],
        "read_minutes": plan.read_minutes,
        "stress": sorted(plan.stresses),
        "replayed": job.replay is not None,
        "policies": {name: tally.to_json() for name, tally in runs.tallies.items()},
        "minutes_more_than_first": {
            name: {
                "mean": round(each.mean, 3),
                "half_width": round(each.half_width, 3),
                "is_clear": each.is_clear,
            }
            for name, each in runs.differences.items()
        },
    }
