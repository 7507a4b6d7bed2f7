"""kill -9 of one of two schedulers, again and again: no case is lost, each step is taken once.

This is the short version; `make soak` runs the long one.
"""

from pathlib import Path

import pytest

from benchmarks._scheduler_kills import STEPS_S, Night, run_scheduler_kills

pytestmark = pytest.mark.e2e
KILLS = 3


def test_every_step_of_every_case_is_taken_once(tmp_path: Path, database_url: str) -> None:
    killed = run_scheduler_kills(
        Night(
            url=database_url,
            folder=tmp_path,
            kills=KILLS,
            exams_a_kill=5,
            exam_every_s=0.4,
            seed=20261122,
        )
    )

    assert killed.wrong == []
    assert killed.kills.total() == KILLS
    assert killed.claims > 0
    assert killed.steps >= len(STEPS_S) * (killed.exams - killed.claims)
