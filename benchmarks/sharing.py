"""1000 histories of 36 months, shared: one guard from exact in 99 % of them, and never 1.1."""

import json as json_format
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from app.kit.clock import read_monotonic_s
from app.planning.domain.sharing.shares import MILLION
from benchmarks._sharing_histories import MONTHS, MOST_MOVED_PCT, Found, live_through

_HISTORIES = 1000
_CHUNK = 10
_SHOWN = 5
_ONE_GUARD_IN_PCT = 99
_NEVER = 1_100_000
"""Millionths of a guard that no history reaches."""


def main(*, json: Path | None) -> int:
    """Live through all histories, on every core, and judge them."""
    start = read_monotonic_s()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(live_through, range(_HISTORIES), chunksize=_CHUNK))
    within = sum(each.worst <= MILLION for each in found)
    worst = max(found, key=lambda each: each.worst)
    print(
        f"{_HISTORIES} histories of {MONTHS} months, volumes moving by at most {MOST_MOVED_PCT} % "
        f"a month, in {read_monotonic_s() - start:.0f} s"
    )
    for each in sorted(found, key=lambda one: -one.worst)[:_SHOWN]:
        print(f"  seed {each.seed:<4} prefix {_tell(each.owed)}   month's end {_tell(each.at_end)}")
    bars = {
        f"the largest deviation is {_tell(worst.worst)} (< {_tell(_NEVER)})": worst.worst < _NEVER,
        f"{within} of {_HISTORIES} within one guard (>= {_ONE_GUARD_IN_PCT} %)": within * 100
        >= _ONE_GUARD_IN_PCT * _HISTORIES,
    }
    for bar, met in bars.items():
        print(f"  {'met   ' if met else 'MISSED'} {bar}")
    if json is not None:
        json.write_text(_to_json(found, within), encoding="utf-8")
    return 0 if all(bars.values()) else 1


def _to_json(found: list[Found], within: int) -> str:
    return json_format.dumps(
        {
            "histories": len(found),
            "months": MONTHS,
            "within_one_guard": within,
            "worst_millionths": max(each.worst for each in found),
            "by_seed": {each.seed: [each.owed, each.at_end] for each in found},
        }
    )


def _tell(millionths: int) -> str:
    return f"{millionths // MILLION}.{millionths % MILLION:06}"
