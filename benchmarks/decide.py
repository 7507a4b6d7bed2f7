"""One decision among 100 readers, without reading or writing: at most 1 ms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from app.dispatch.domain.policy import CaseToRead, Circle, Line, Reader, Ring, decide
from app.kit.interval import Interval
from benchmarks._figures import measure

_DECISIONS = 500
_READERS = 100
_MAY_READ = 0.9
"""How likely a reader may read for the site of a case."""
_BAR_MS = 1.0
_NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def main(*, json: Path | None) -> int:
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
    figures.report([], json_file=json)
    each_ms = figures.median("decide") / _DECISIONS * 1000
    met = each_ms <= _BAR_MS
    print(f"  {'met   ' if met else 'MISSED'} one decision takes {each_ms:.3f} ms (<= {_BAR_MS})")
    return 0 if met else 1


def _make_reader(number: int, chance: Random) -> Reader:
    return Reader(
        radiologist_id=number,
        line=Line.FIRST,
        guard=Interval(_NIGHT - timedelta(hours=1), _NIGHT + timedelta(hours=3)),
        ring=chance.choice(list(Ring)),
        may_read_site=chance.random() < _MAY_READ,
        claims=chance.randint(0, 3),
        nominations=chance.randint(0, 5),
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
    )
