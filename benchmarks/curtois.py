"""The engine of our rosters on published instances: CURTOIS=folder that has them.

`CURTOIS_INSTANCES=2,4` runs only those.
"""

import os
from pathlib import Path
from typing import Any

from app.adapters.solver.engine import Engine, Outcome, Task
from app.planning.domain.roster.problem import Limits
from benchmarks._curtois_checks import count_cost, find_broken
from benchmarks._curtois_file import read_instance
from benchmarks._curtois_model import CurtoisModel
from benchmarks._figures import MISSING, report_all

PUBLISHED = {1: 607, 2: 828, 3: 1001, 4: 1716, 5: 1143, 6: 1950, 7: 1056, 8: 1300}
"""Best known costs, as the collection of the format's readers gives them."""
WITH_A_BAR = frozenset({1, 2, 3, 4})
MOST_GAP = 0.02
SECONDS = 60.0
SLACK_S = 1.0
"""What ends a run comes after its last limit."""
WORKERS = 6
"""More than there are cores: of fewer, none looks for what follows from the cost and the whole
relaxation, and a search stays long in rosters that lack one person more."""


def main(*, json: Path | None) -> int:
    """Solve the first eight instances, a minute each."""
    folder = os.environ.get("CURTOIS")
    if folder is None:
        print("curtois: the instances are not part of the project; CURTOIS=folder names them")
        return MISSING
    wanted = os.environ.get("CURTOIS_INSTANCES", ",".join(map(str, PUBLISHED)))
    sections = [
        _solve(number, Path(folder) / f"Instance{number}.txt", known=PUBLISHED[number])
        for number in map(int, wanted.split(","))
    ]
    return report_all(sections, json_file=json)


def _solve(number: int, path: Path, *, known: int) -> dict[str, Any]:
    engine = Engine(Limits(seconds=SECONDS - SLACK_S, workers=WORKERS))
    model = CurtoisModel(read_instance(path))
    outcome = engine.run(model.cp, Task(model.cost, is_tight=True))
    seconds = engine.seconds
    if outcome is None:
        value, bound, gap = None, None, float("inf")
    else:
        value, bound, gap = outcome.value, outcome.bound, outcome.value / known - 1
        check(model, outcome)
    told = f"instance {number}: {value} (bound {bound}), published {known}, {gap:+.1%}"
    is_met = number not in WITH_A_BAR or (gap <= MOST_GAP and seconds <= SECONDS)
    bar = f"{told}{f' (<= {MOST_GAP:.0%})' if number in WITH_A_BAR else ', no bar'}"
    print(f"  {'met   ' if is_met else 'MISSED'} {bar}, {seconds:.1f} s")
    return {
        "work": f"instance {number}",
        "value": value,
        "bound": bound,
        "published": known,
        "seconds": seconds,
        "bars": [{"bar": bar, "met": is_met}],
    }


def check(model: CurtoisModel, outcome: Outcome) -> None:
    """Raise `ValueError` where the roster breaks a rule, or costs other than what was told."""
    roster = model.read(outcome.solution)
    broken = list(find_broken(model.instance, roster))
    if broken:
        message = f"the roster breaks rules: {'; '.join(broken)}: see what the model forbids"
        raise ValueError(message)
    cost = count_cost(model.instance, roster)
    if cost != outcome.value:
        message = f"the roster costs {cost}, not {outcome.value} as told: see the model's prices"
        raise ValueError(message)
