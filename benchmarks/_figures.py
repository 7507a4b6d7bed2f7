"""Medians, ratios and the file they are written to."""

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.kit.clock import read_monotonic_s

MISSING = 2
"""What a program returns that could not measure anything."""

RUNS = 5
"""Counted runs, after one that only warms up."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bound on the ratio of our median to a peer's."""

    ours: str
    peer: str
    most: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on something that has no peer; what it is says the unit."""

    what: str
    found: float
    most: float


@dataclass
class Figures:
    """What was measured, in seconds, by contestant."""

    work: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def median(self, name: str) -> float:
        """Give the median of a contestant's counted runs."""
        return statistics.median(self.seconds[name])

    def report(
        self, bars: Sequence[Bar], *, limits: Sequence[Limit] = (), json_file: Path | None
    ) -> int:
        """Print the figures and the bars; 0 when every bar that could be judged is met."""
        print(self.work)
        for name, runs in self.seconds.items():
            spread = f"{min(runs):.3f} .. {max(runs):.3f}"
            print(f"  {name:<18} median {statistics.median(runs):.3f} s   ({spread})")
        judged = [self._judge(bar) for bar in bars if bar.peer in self.seconds]
        judged += [_judge_limit(limit) for limit in limits]
        for line in judged:
            print(f"  {'met   ' if line['met'] else 'MISSED'} {line['bar']}")
        for name in self.skipped:
            print(f"  {name} is not installed: skipped")
        if json_file is not None:
            json_file.write_text(json.dumps(self._describe(judged), indent=2), encoding="utf-8")
        return 0 if all(line["met"] for line in judged) else 1

    def _judge(self, bar: Bar) -> dict[str, Any]:
        ratio = self.median(bar.ours) / self.median(bar.peer)
        return {
            "bar": f"{bar.ours} / {bar.peer} = {ratio:.2f} (<= {bar.most})",
            "found": round(ratio, 3),
            "most": bar.most,
            "met": ratio <= bar.most,
        }

    def _describe(self, judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "work": self.work,
            "command": " ".join(sys.argv),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "versions": self.versions,
            "seconds": self.seconds,
            "bars": list(judged),
            "skipped": self.skipped,
        }


def _judge_limit(limit: Limit) -> dict[str, Any]:
    return {
        "bar": f"{limit.what}: {limit.found:.3f} (<= {limit.most})",
        "found": round(limit.found, 4),
        "most": limit.most,
        "met": limit.found <= limit.most,
    }


def measure(
    contestants: Mapping[str, Callable[[], float | None]], *, work: str, runs: int = RUNS
) -> Figures:
    """Run all contestants in turn, so that a drift of the machine touches all of them.

    Parameters
    ----------
    contestants
        Each does the whole work once, and raises when the result is not right. It may return the
        seconds that count, when not all that it does is measured.
    """
    figures = Figures(work, {name: [] for name in contestants})
    for number in range(runs + 1):
        for name, contestant in contestants.items():
            begun = read_monotonic_s()
            counted = contestant()
            took = read_monotonic_s() - begun if counted is None else counted
            if number:
                figures.seconds[name].append(took)
    return figures


def read_own_version() -> str:
    """Read our version, with the commit when this is a clone."""
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - wherever git is
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    return f"{version('astreinte')} {said.stdout.strip()}".strip()


def find_p99(values: Sequence[float]) -> float:
    """Find the 99th percentile by nearest rank: of less than 100 values it is the largest."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]
