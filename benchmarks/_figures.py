"""Medians, ratios and the file they are written to."""

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.kit.clock import read_monotonic_s
from benchmarks._memory import Peak

MISSING = 2
"""What a program returns that could not measure anything."""

RUNS = 5
"""Counted runs, after one that only warms up."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bound on the ratio of our median to a peer's, and a goal below it that is only told.

    Parameters
    ----------
    plus
        A contestant whose median is added to the peer's: what the peer does not do, and we must.
    floor
        Contestants whose medians together nothing can go below that does what we must. Where the
        bar lies below them it is told, with where the floor is, and judges nobody.
    """

    ours: str
    peer: str
    most: float
    goal: float | None = None
    plus: str | None = None
    floor: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on something that has no peer; what it is says the unit."""

    what: str
    found: float
    most: float
    least: float | None = None


_VERDICTS = {True: "met   ", False: "MISSED", None: "floor "}
"""By whether a bar is met; none of a bar below the floor."""


class Incapable(Exception):
    """A peer could not do the work; it leaves the contest, and is named."""


@dataclass
class Figures:
    """What was measured, in seconds, by contestant."""

    work: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    """In words: who was not measured, and why."""
    images: int = 0
    """Of each run; told as images a second."""
    memory: dict[str, Peak] = field(default_factory=dict)
    """By contestant."""
    notes: dict[str, float] = field(default_factory=dict)
    """What else was found, by what it is."""

    def median(self, name: str) -> float:
        """Give the median of a contestant's counted runs."""
        return statistics.median(self.seconds[name])

    def report(
        self, bars: Sequence[Bar], *, limits: Sequence[Limit] = (), json_file: Path | None
    ) -> int:
        """Print the figures and the bars; 0 when every bar that could be judged is met."""
        return report_all([self.tell(bars, limits=limits)], json_file=json_file)

    def tell(self, bars: Sequence[Bar], *, limits: Sequence[Limit] = ()) -> dict[str, Any]:
        """Print the figures and the bars, and give both for the file."""
        print(self.work)
        for name, runs in self.seconds.items():
            print(self._describe_runs(name, runs))
        judged = [self._judge(bar) for bar in bars if bar.peer in self.seconds]
        judged += [_judge_limit(limit) for limit in limits]
        for name, peak in self.memory.items():
            print(f"  {name:<18} memory {peak.describe()}")
        for what, found in self.notes.items():
            print(f"  {what}: {found:.3f}")
        for line in judged:
            print(f"  {_VERDICTS[line['met']]} {line['bar']}")
        for sentence in self.skipped:
            print(f"  {sentence}")
        return {
            "work": self.work,
            "versions": self.versions,
            "images": self.images,
            "seconds": self.seconds,
            "medians": {name: self.median(name) for name in self.seconds},
            "memory": {name: asdict(peak) for name, peak in self.memory.items()},
            "notes": self.notes,
            "bars": judged,
            "skipped": self.skipped,
        }

    def _describe_runs(self, name: str, runs: Sequence[float]) -> str:
        spread = f"{min(runs):.3f} .. {max(runs):.3f}"
        line = f"  {name:<18} median {self.median(name):.3f} s   ({spread})"
        if self.images:
            line += f"   {self.images / self.median(name):.0f} images a second"
        return line

    def _judge(self, bar: Bar) -> dict[str, Any]:
        against, peer = self.median(bar.peer), bar.peer
        if bar.plus is not None:
            against, peer = against + self.median(bar.plus), f"({bar.peer} + {bar.plus})"
        ratio = self.median(bar.ours) / against
        told = f"{bar.ours} / {peer} = {ratio:.2f} (<= {bar.most})"
        if bar.goal is not None:
            distance = f"{ratio / bar.goal - 1:+.0%} from it" if ratio > bar.goal else "reached"
            told += f"; goal {bar.goal}: {distance}"
        floor = self._find_floor(bar) / against
        out_of_reach = floor > bar.most
        if out_of_reach:
            told += f"; {' + '.join(bar.floor)} alone: {floor:.2f}, so it judges nobody here"
        return {
            "bar": told,
            "found": round(ratio, 3),
            "most": bar.most,
            "goal": bar.goal,
            "met": None if out_of_reach else ratio <= bar.most,
        }

    def _find_floor(self, bar: Bar) -> float:
        """Find the floor in seconds; 0 when one of those who make it did not take part."""
        if any(name not in self.seconds for name in bar.floor):
            return 0.0
        return sum(self.median(name) for name in bar.floor)


def report_all(sections: Sequence[Mapping[str, Any]], *, json_file: Path | None) -> int:
    """Write all that was told into one file; 0 when every bar in it that judges is met."""
    machine = {
        "command": " ".join(sys.argv),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
    }
    if json_file is not None:
        told = {**machine, "sections": list(sections)}
        json_file.write_text(json.dumps(told, indent=2), encoding="utf-8")
    missed = any(line["met"] is False for section in sections for line in section["bars"])
    return 1 if missed else 0


def _judge_limit(limit: Limit) -> dict[str, Any]:
    least = "" if limit.least is None else f">= {limit.least}, "
    return {
        "bar": f"{limit.what}: {limit.found:.3f} ({least}<= {limit.most})",
        "found": round(limit.found, 4),
        "most": limit.most,
        "met": limit.found <= limit.most and (limit.least is None or limit.found >= limit.least),
    }


def measure(
    contestants: Mapping[str, Callable[[], float | None]], *, work: str, runs: int = RUNS
) -> Figures:
    """Run all contestants in turn, so that a drift of the machine touches all of them.

    Parameters
    ----------
    contestants
        Each does the whole work once, and raises when the result is not right, `Incapable` when it
        is a peer that cannot do it. It may return the seconds that count, when not all that it does
        is measured.
    """
    figures = Figures(work, {name: [] for name in contestants})
    for number in range(runs + 1):
        for name in order_contestants(list(contestants), run=number):
            if name not in figures.seconds:
                continue
            begun = read_monotonic_s()
            try:
                counted = contestants[name]()
            except Incapable as reason:
                del figures.seconds[name]
                figures.skipped.append(f"{name} could not do it: {reason}")
                continue
            took = read_monotonic_s() - begun if counted is None else counted
            if number:
                figures.seconds[name].append(took)
    return figures


def order_contestants(names: Sequence[str], *, run: int) -> list[str]:
    """Order the contestants of a run, from 0: another begins, and each second order is mirrored.

    So nobody always follows the same one, and has what that one left behind.
    """
    first = run // 2 % max(1, len(names))
    turned = [*names[first:], *names[:first]]
    return turned[::-1] if run % 2 else turned


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
