"""The dispatch simulation: known means of 20 000 studies; 200 nights by five policies in 2 min."""

import json as json_format
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from app.commands.simulated import Job, run_nights
from app.dispatch.domain.simulation.plan import Plan
from app.dispatch.domain.simulation.reference import (
    EQUAL,
    KNOWN_MEANS,
    REFERENCE,
    SHARES,
    make_reference_night,
)
from app.dispatch.domain.simulation.room import simulate
from app.dispatch.domain.simulation.ways import USUAL
from app.kit.clock import read_monotonic_s
from app.planning.domain.calibration.tails import estimate

_SEED = 1
_BATCH = 500
"""Studies of a batch: queues forget within a few of them."""
_WITHIN = 30
_CLOSE = 0.1
_NIGHTS = 200
_STUDIES = 125
_LONGEST_S = 120.0


def main(*, json: Path | None) -> int:
    """Simulate both, and judge them."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(REFERENCE, pool.map(_simulate, REFERENCE), strict=True))
    bars = dict([*_judge_means(found), *_judge_order(found)])
    took, figures = _run_nights()
    bars[f"{_NIGHTS} nights by {len(USUAL)} policies in {took:.1f} s (<= {_LONGEST_S:.0f})"] = (
        took <= _LONGEST_S
    )
    for bar, met in bars.items():
        print(f"  {'met   ' if met else 'MISSED'} {bar}")
    if json is not None:
        told: dict[str, Any] = {"figures": found, "seconds": took, "nights": figures, "bars": bars}
        json.write_text(json_format.dumps(told, indent=2), encoding="utf-8")
    return 0 if all(bars.values()) else 1


def _simulate(name: str) -> dict[str, Any]:
    """Let the known queue be read by one policy; the pairs are batches of the same studies."""
    night = make_reference_night(seed=_SEED, shares=EQUAL if name == "alone" else SHARES)
    cases = simulate(night, REFERENCE[name]).cases
    stays = sorted(case.ended - case.arrival.at for case in cases)
    by_order = [case.ended - case.arrival.at for case in cases]
    local = sum(
        case.reader_id is not None and case.reader_id - 1 == case.arrival.society for case in cases
    )
    return {
        "mean": fmean(stays),
        "p95": stays[int(0.95 * len(stays))],
        "within_30": sum(each <= _WITHIN for each in stays) / len(stays),
        "local": local / len(stays),
        "batches": [fmean(by_order[at : at + _BATCH]) for at in range(0, len(by_order), _BATCH)],
    }


def _judge_means(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    for name, known in KNOWN_MEANS.items():
        mean = found[name]["mean"]
        rest = "p95 {p95:.1f}, within 30 min {within_30:.1%}, local {local:.1%}".format(
            **found[name]
        )
        told = f"{name}: mean {mean:.2f} min, known {known} ({mean / known - 1:+.1%}); {rest}"
        yield told, abs(mean / known - 1) <= _CLOSE


def _judge_order(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    # The pool and the least backlog have the same known mean: they are in no order.
    names = [name for name in KNOWN_MEANS if name != "least backlog"]
    for less, more in pairwise(names):
        pairs = zip(found[more]["batches"], found[less]["batches"], strict=True)
        difference = estimate([one - two for one, two in pairs], confidence=0.95)
        told = f"{more} - {less}: {difference.mean:+.2f} min, 95 % +/- {difference.half_width:.2f}"
        yield told, difference.mean > difference.half_width


def _run_nights() -> tuple[float, dict[str, Any]]:
    plan = Plan(first=date(2026, 1, 5), zone=ZoneInfo("Europe/Paris"), studies=_STUDIES)
    job = Job(plan=plan, seed=_SEED, policies=USUAL)
    start = read_monotonic_s()
    runs = run_nights(job, nights=_NIGHTS, workers=os.cpu_count() or 1, advance=_say_nothing)
    took = read_monotonic_s() - start
    return took, {name: tally.to_json() for name, tally in runs.tallies.items()}


def _say_nothing(_done: int) -> None:
    """Show no progress: the figures are what counts."""
