"""The commands of the database, without any database given."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.accounts import python_path

pytestmark = pytest.mark.e2e

_Done = subprocess.CompletedProcess[str]


def _run(data_dir: Path, *arguments: str) -> _Done:
    environment = {
        name: value for name, value in python_path().items() if not name.startswith("ASTREINTE_")
    }
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**environment, "ASTREINTE_DATA_DIR": str(data_dir)},
        timeout=60,
    )


def test_a_database_is_upgraded_checked_backed_up_and_restored(open_path: Path) -> None:
    old, new, target = open_path / "old", open_path / "new", open_path / "backup"

    unready = _run(old, "db", "check")
    upgraded = _run(old, "db", "upgrade")
    ready = _run(old, "db", "check")
    taken = _run(old, "backup", str(target), "--json")
    restored = _run(new, "restore", str(target), "--json")
    checked = _run(new, "db", "check")

    assert unready.returncode == 1
    assert "run `astreinte db upgrade`" in unready.stderr
    assert [each.returncode for each in (upgraded, ready, taken, restored, checked)] == [0] * 5
    assert json.loads(taken.stdout) == json.loads(restored.stdout)
    assert not list(open_path.rglob("*.lock"))


def test_a_database_that_does_not_answer_is_one_line_and_a_failure(open_path: Path) -> None:
    environment = python_path() | {
        "ASTREINTE_DATA_DIR": str(open_path),
        "ASTREINTE_DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none",
    }

    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "db", "check"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )

    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr
