"""Two schedulers at work, one of them killed now and then: every step is taken once all the same.

`run_scheduler_kills` is for the soak and for the tests.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from app.kit.clock import read_monotonic_s
from benchmarks._arrivals import Arrivals
from benchmarks._folders import make_environment
from benchmarks._on_guard import put_on_guard
from benchmarks._processes import Process, end, start, wait_until_up
from benchmarks._scheduler_checks import check_steps, count_unfinished

STEPS_S = (3, 6, 9)
"""After so long without a sign the first line, the backup line and the hospital are asked."""
_READERS, _BACKUPS = 6, 3
_CLAIM_EVERY = 4
_SETTLED_WITHIN_S = 300.0
_GLANCE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Where it happens, and how much of it.

    Parameters
    ----------
    url
        Of a migrated database in which nothing is.
    folder
        For logs and data.
    kills
        How often one of the two is killed, >= 1.
    exams_a_kill
        How many exams come between two kills, >= 1; as many come after the last one.
    exam_every_s
        How long an exam comes after the one before, > 0.
    seed
        Draws the moments.
    """

    url: str
    folder: Path
    kills: int
    exams_a_kill: int
    exam_every_s: float
    seed: int


@dataclass(slots=True)
class SchedulersKilled:
    """What came of it; `wrong` are sentences, none when all is well."""

    kills: Counter[str] = field(default_factory=Counter)
    exams: int = 0
    claims: int = 0
    steps: int = 0
    latest_s: float = 0.0
    """How long after it was due the latest step was taken."""
    wrong: list[str] = field(default_factory=list)


def run_scheduler_kills(night: Night) -> SchedulersKilled:
    """Let exams arrive and kill; wait until no step is left, then check each of them."""
    chance = Random(night.seed)  # noqa: S311 - reproducible, no secret
    group = put_on_guard(
        night.url, first=_READERS, backup=_BACKUPS, escalation={"P1": _write_steps()}
    )
    arrivals = Arrivals(
        night.url,
        sender_ids=group.sender_ids,
        period_s=night.exam_every_s,
        count=night.exams_a_kill * (night.kills + 1),
        claim_every=_CLAIM_EVERY,
        seed=night.seed,
    )
    killed = SchedulersKilled()
    with ExitStack() as stack:
        both = [_Scheduler(night, name=name) for name in ("first", "second")]
        for each in both:
            stack.callback(each.stop)
            each.start()
        with arrivals:
            for number in range(night.kills):
                arrivals.let_in(night.exams_a_kill)
                arrivals.wait_for(number * night.exams_a_kill + 1)
                time.sleep(chance.uniform(0.0, night.exams_a_kill * night.exam_every_s))
                # The other one works on.
                victim = chance.choice(both)
                victim.kill()
                killed.kills[victim.name] += 1
                victim.start()
            arrivals.let_in(night.exams_a_kill)
            arrivals.wait()
        _wait_until_settled(night.url, arrivals)
    killed.exams = len(arrivals.arrived.study_ids)
    killed.claims = len(arrivals.arrived.claimed)
    checked = check_steps(night.url, arrived=arrivals.arrived, steps_s=STEPS_S)
    killed.steps, killed.latest_s, killed.wrong = checked.steps, checked.latest_s, checked.wrong
    return killed


def _write_steps() -> Mapping[str, Any]:
    return {
        "readers_at_once": 2,
        "audience": ["on_guard", "backup", "hospital"],
        "after_s": list(STEPS_S),
        "after_slack_s": [3600] * len(STEPS_S),
        # Longer than this takes: what is claimed stays with who has claimed it.
        "aside_s": 3600,
        "answer_s": 3600,
    }


def _wait_until_settled(url: str, arrivals: Arrivals) -> None:
    until_s = read_monotonic_s() + _SETTLED_WITHIN_S
    while count_unfinished(url, arrived=arrivals.arrived) and read_monotonic_s() < until_s:
        # What is never done is told by the check, by name.
        time.sleep(_GLANCE_S)


class _Scheduler:
    """`astreinte scheduler` on a database, started anew after each kill."""

    def __init__(self, night: Night, *, name: str) -> None:
        self.name = name
        self._log = night.folder / f"scheduler-{name}.log"
        data_dir = night.folder / "var"
        data_dir.mkdir(exist_ok=True)
        self._environment = make_environment(
            {"DATABASE_URL": night.url, "DATA_DIR": str(data_dir), "LOG_FORMAT": "json"}
        )
        self._process: Process | None = None

    def start(self) -> None:
        """Start it, and wait until it attends its jobs."""
        command = [sys.executable, "-m", "app.cli", "scheduler"]
        self._process = start(command, log=self._log, environment=self._environment)
        wait_until_up(self._process, log=self._log, is_up=self._is_up)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it in order, if it runs."""
        if self._process is not None:
            end(self._process)

    def _is_up(self) -> bool:
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return any(
            json.loads(line)["event"] == "scheduler_started"
            for line in lines
            if line.startswith("{") and line.endswith("}")
        )
