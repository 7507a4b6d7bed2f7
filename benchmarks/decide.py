"""One decision among 100 readers: alone at most 1 ms, with lock, reading, writing, commit 25 ms.

The second is that of an exam that has just arrived, one after the other, on a database of its own
in which 100 readers are on guard and 500 cases are open; DECISIONS says of how many (400).
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from app.dispatch.domain.policy import CaseToRead, Circle, Line, Reader, Ring, decide
from app.kit.interval import Interval
from benchmarks._deciding import measure_decisions
from benchmarks._figures import Figures, Limit, find_p99, measure, read_own_version, report_all
from benchmarks._folders import make_bench_folder

_DECISIONS = 500
_READERS = 100
_MAY_READ = 0.9
"""How likely a reader may read for the site of a case."""
_SUB_SPECIALTIES = ("neuro", "abdomen", "thorax", "musculoskeletal", "vascular")
_REGIONS = ("head", "abdomen", "chest", "spine", "whole_body")
_BAR_MS, _WHOLE_BAR_S = 1.0, 0.025
_COUNT = "DECISIONS"
_NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def main(*, json: Path | None) -> int:
    """Measure both, and judge them."""
    return report_all(tell_decisions(), json_file=json)


def tell_decisions() -> list[dict[str, Any]]:
    """Measure both, print the figures, and give them for a file."""
    with make_bench_folder() as folder:
        seconds = measure_decisions(folder / "database", count=int(os.environ.get(_COUNT, "400")))
    figures = Figures(f"one decision as the platform makes it, {len(seconds)} of them")
    figures.versions = {"astreinte": read_own_version()}
    figures.seconds = {"whole": seconds}
    whole = figures.tell([], limits=[Limit("p99 in seconds", find_p99(seconds), _WHOLE_BAR_S)])
    return [_tell_alone(), whole]


def _tell_alone() -> dict[str, Any]:
    """Decide for 500 open cases, one after the other."""
    chance = Random(20261120)  # noqa: S311 - reproducible load, no secret
    readers = [_make_reader(number, chance) for number in range(1, _READERS + 1)]
    cases = [_make_case(number, chance) for number in range(1, _DECISIONS + 1)]

    def ours() -> None:
        for case in cases:
            decision = decide(case, readers=readers, circle=Circle.NEAREST, now=_NIGHT)
            if len(decision.nominees) != case.readers_at_once:
                msg = f"case {case.case_id} got {len(decision.nominees)} nominees"
                raise AssertionError(msg)

    figures = measure({"decide": ours}, work=f"{_DECISIONS} decisions, {_READERS} readers each")
    figures.versions = {"astreinte": read_own_version()}
    each_ms = figures.median("decide") / _DECISIONS * 1000
    return figures.tell([], limits=[Limit("one of them in milliseconds", each_ms, _BAR_MS)])


def _make_reader(number: int, chance: Random) -> Reader:
    claims, nominations = chance.randint(0, 3), chance.randint(0, 5)
    return Reader(
        radiologist_id=number,
        line=Line.FIRST,
        guard=Interval(_NIGHT - timedelta(hours=1), _NIGHT + timedelta(hours=3)),
        ring=chance.choice(list(Ring)),
        may_read_site=chance.random() < _MAY_READ,
        claims=claims,
        nominations=nominations,
        ahead_minutes=(claims + nominations) * chance.uniform(6, 20),
        read_minutes=chance.uniform(6, 20),
        transfer_minutes=chance.uniform(0, 5),
        sub_specialties=(chance.choice(_SUB_SPECIALTIES),),
        society_deficit=chance.uniform(-5, 5),
        points=chance.randint(-9000, 9000),
        claims_last_hour=chance.randint(0, 12),
        hourly_cap=10,
    )


def _make_case(number: int, chance: Random) -> CaseToRead:
    priority = chance.choice(["P1", "P2", "P3", "P4"])
    return CaseToRead(
        case_id=number,
        priority=priority,
        signed_due_at=_NIGHT + timedelta(minutes=chance.randint(0, 240)),
        readers_at_once=2 if priority == "P1" else 1,
        waiting_since=_NIGHT - timedelta(minutes=chance.randint(0, 30)),
        modality="CT",
        region=chance.choice(_REGIONS),
    )
