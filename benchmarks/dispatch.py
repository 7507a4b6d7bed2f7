"""The three bars of dispatch: the screen of who is asked, one decision, and the worklist.

They are those of `screen`, `decide` and `worklist`, which run alone too, by the same variables;
DISPATCH_ROWS=screen,decide,worklist chooses among them. A quick look:

SCREEN_SECONDS=20 SCREEN_BURST=50 DECISIONS=50 WORKLIST_CLOSED=20000 WORKLIST_SECONDS=10
"""

import os
from pathlib import Path
from typing import Any

from benchmarks._figures import report_all
from benchmarks.decide import tell_decisions
from benchmarks.screen import tell_screen
from benchmarks.worklist import tell_worklist

_ROWS = "screen,decide,worklist"


def main(*, json: Path | None) -> int:
    """Measure what is asked for, one after the other, and judge it."""
    rows = {"screen": tell_screen, "decide": tell_decisions, "worklist": _tell_worklist}
    wanted = os.environ.get("DISPATCH_ROWS", _ROWS).split(",")
    told = [section for name, tell in rows.items() if name in wanted for section in tell()]
    return report_all(told, json_file=json)


def _tell_worklist() -> list[dict[str, Any]]:
    return [tell_worklist()]
