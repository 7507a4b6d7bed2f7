import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.kit.clock import read_monotonic_s
from app.supervisor.crew import INDEX, RECEPTION, Crew, Ledgers, Part
from app.supervisor.signals import Signals

PROCESS = """
import os, signal, sys
part, counts, mouth = sys.argv[1:]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.signal(signal.SIGUSR1, lambda *_: os.write(int(mouth), b"-"))
open(counts, "x").close()
if part == "reception":
    os.write(int(mouth), b"+")
while True:
    signal.pause()
"""
PATIENCE_S = 30


@pytest.fixture
def finished() -> list[Path]:
    """Give the files of counts of processes that have ended."""
    return []


@pytest.fixture
def crew(tmp_path: Path, finished: list[Path]) -> Iterator[Crew]:
    numbers = iter(range(100))
    crew = Crew(
        2,
        environment={},
        ledgers=Ledgers(draw=lambda: tmp_path / f"{next(numbers)}", finish=finished.append),
        program=(sys.executable, "-S", "-c", PROCESS),
    )
    yield crew
    for each in crew.parts:
        each.child.wait_for_end(read_monotonic_s())
    crew.end(crew.parts, deadline_s=read_monotonic_s())


def tend_until(crew: Crew, condition: Callable[[], bool]) -> None:
    until_s = read_monotonic_s() + PATIENCE_S
    signals = Signals()
    with signals.caught():
        while not condition():
            assert read_monotonic_s() < until_s, "it did not happen in time"
            signals.wait(min(crew.tend(), 0.05), also=crew.ears)


def all_listen(crew: Crew) -> bool:
    return all(each.is_listening for each in crew.receptions)


def pids(parts: list[Part]) -> list[int]:
    return [each.child.process.pid for each in parts if each.child.process is not None]


def test_the_receptions_say_that_they_listen(crew: Crew) -> None:
    tend_until(crew, lambda: all_listen(crew))

    assert crew.count_running() == {RECEPTION: 2, INDEX: 1}
    assert [each.is_listening for each in crew.parts] == [True, True, False]


def test_a_reception_that_dies_is_started_again_and_disturbs_no_other(
    crew: Crew, finished: list[Path]
) -> None:
    tend_until(crew, lambda: all_listen(crew))
    first, *others = crew.parts
    before = pids(others)
    counted = first.counts_path

    first.child.ask_to_stop(signal.SIGKILL)
    tend_until(crew, lambda: not first.is_listening)
    assert first.child.status == -signal.SIGKILL
    tend_until(crew, lambda: all_listen(crew))

    assert pids(others) == before
    assert finished == [counted]
    assert first.counts_path != counted


def test_who_was_asked_says_that_it_listens_no_more(crew: Crew) -> None:
    tend_until(crew, lambda: all_listen(crew))

    crew.ask(crew.receptions, signal.SIGUSR1)

    tend_until(crew, lambda: not any(each.is_listening for each in crew.receptions))
    assert crew.count_running()[RECEPTION] == 2


def test_the_end_is_waited_for_and_nothing_stays_open(crew: Crew, finished: list[Path]) -> None:
    tend_until(crew, lambda: all_listen(crew) and len(crew.ears) == 3)

    crew.ask(crew.parts, signal.SIGTERM)
    crew.end(crew.parts, deadline_s=read_monotonic_s() + PATIENCE_S)

    assert crew.count_running() == {RECEPTION: 0, INDEX: 0}
    assert crew.ears == []
    assert len(finished) == 3


def test_a_system_without_room_for_a_process_ends_none_of_those_that_run(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    tend_until(crew, lambda: all_listen(crew))
    receptions = pids(crew.receptions)
    index = next(each for each in crew.parts if each.part == INDEX)
    (pid,) = pids([index])
    start = subprocess.Popen
    refused: list[object] = []

    def refuse_once(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        if not refused:
            refused.append(arguments)
            raise OSError(errno.ENOMEM, "no memory for another process")
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", refuse_once)
    os.kill(pid, signal.SIGKILL)
    tend_until(crew, lambda: pids([index]) not in ([], [pid]))

    assert refused != []
    assert pids(crew.receptions) == receptions


def test_one_that_cannot_be_started_leaves_no_descriptor_open(
    tmp_path: Path, finished: list[Path]
) -> None:
    crew = Crew(
        1,
        environment={},
        ledgers=Ledgers(draw=lambda: tmp_path / "counts", finish=finished.append),
        program=(str(tmp_path / "no such program"),),
    )
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(FileNotFoundError):
        crew.tend()
    crew.end(crew.parts, deadline_s=read_monotonic_s())

    assert len(list(Path("/proc/self/fd").iterdir())) == before
