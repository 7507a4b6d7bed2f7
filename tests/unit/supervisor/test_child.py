import sys
from collections.abc import Iterator

import pytest

from app.kit.clock import read_monotonic_s
from app.supervisor.child import Child


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("web")
    yield child
    child.wait_for_end(read_monotonic_s())


def _run(child: Child, program: str) -> None:
    child.start([sys.executable, "-c", program], environment={})


def test_one_that_ends_early_waits_longer_each_time(child: Child) -> None:
    pauses = []
    for _ in range(9):
        _run(child, "raise SystemExit(3)")
        assert child.process is not None
        child.process.wait()
        before = read_monotonic_s()
        child.note_end()
        pauses.append(round(child.due_s - before, 1))

    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_one_that_lived_long_starts_again_at_once(child: Child) -> None:
    child.pause_s = 30.0
    _run(child, "")
    assert child.process is not None
    child.process.wait()
    child.started_s -= 3600
    before = read_monotonic_s()

    child.note_end()

    assert round(child.due_s - before, 1) == 0.5


def test_one_that_runs_is_left_alone(child: Child) -> None:
    _run(child, "import time; time.sleep(60)")

    child.note_end()

    assert child.process is not None


def test_one_that_does_not_listen_is_ended(child: Child) -> None:
    _run(child, "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")
    process = child.process
    assert process is not None

    child.wait_for_end(read_monotonic_s() + 0.1)

    assert process.returncode == -9
    assert child.process is None
