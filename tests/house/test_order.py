"""Files that take minutes come first, whatever order was drawn."""

import random

from tests.house.tree import ROOT
from tests.plugins.order import MINUTES, rank_file


def test_every_file_that_takes_minutes_is_there() -> None:
    assert [path for path in MINUTES if not (ROOT / path).is_file()] == []


def test_whole_platforms_come_before_processes_and_these_before_functions() -> None:
    paths = [
        *MINUTES,
        "tests/e2e/pages/test_case.py",
        "tests/unit/kit/test_interval.py",
    ]
    drawn = random.sample(paths, len(paths))

    assert sorted(drawn, key=rank_file) == paths


def test_what_is_drawn_stays_among_equals() -> None:
    drawn = ["tests/unit/web/test_b.py", "tests/house/test_c.py", "tests/unit/kit/test_a.py"]

    assert sorted(drawn, key=rank_file) == drawn
