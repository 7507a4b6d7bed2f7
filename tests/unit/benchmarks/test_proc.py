"""What the kernel tells of processes: trees, names and peaks of memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks._memory import Peak, note_own_peaks, reset_peaks, sampling
from benchmarks._proc import (
    find_name,
    list_tree,
    read_memory_mib,
    read_peak_mib,
    read_processor_s,
    read_share_mib,
    reset_peak,
)

# A child of a child; both wait until their input ends.
PARENT = """
import subprocess, sys
code = "import sys; print(flush=True); sys.stdin.read()"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""
# A process that had 64 MiB more than it has.
WASTEFUL = """
import sys
held = b"x" * (64 << 20)
del held
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """Give a child of this process and its own child."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        yield parent.pid, int(parent.stdout.readline())
        assert parent.stdin is not None
        parent.stdin.close()


@contextmanager
def wasteful() -> Iterator[int]:
    """Give a child that had much memory and gave it back: of this process nobody knows what is."""
    with subprocess.Popen(
        [sys.executable, "-c", WASTEFUL], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        yield child.pid
        child.stdin.close()


def test_a_tree_is_a_process_and_all_below_it(family: tuple[int, int]) -> None:
    parent, child = family

    assert list_tree(parent) == [parent, child]
    assert set(family) < set(list_tree(os.getpid()))


def test_a_process_that_has_ended_has_no_tree_and_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass

    assert list_tree(ended.pid) == []
    assert read_processor_s(ended.pid) == 0
    assert read_share_mib(ended.pid) is None


def test_a_peak_outlives_what_was_given_back_until_it_is_reset() -> None:
    with wasteful() as alone, wasteful() as child:
        peak, used = read_peak_mib(child), read_memory_mib(child)
        assert peak is not None
        assert used is not None
        assert peak - used > 60
        # Some kernels take the order without effect; this one's answer is the one that counts.
        (Path("/proc") / str(alone) / "clear_refs").write_text("5", encoding="ascii")
        left = read_peak_mib(alone)
        assert left is not None

        begun = reset_peaks(child)

        after = read_peak_mib(child)
        assert after is not None
        assert begun == (peak - after > 60) == (peak - left > 60)


def test_a_peak_that_may_be_of_before_is_not_added(family: tuple[int, int]) -> None:
    peak = Peak(began_anew=False)

    note_own_peaks(family[0], into=peak)

    assert peak.resident_mib == 0
    assert "0 MiB (sum, sampled)" in peak.describe()


def test_a_process_that_has_ended_has_no_peak_to_reset() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass

    assert reset_peak(ended.pid)
    assert read_peak_mib(ended.pid) is None


def test_samples_add_up_all_processes_of_a_tree(family: tuple[int, int]) -> None:
    parent, child = family

    with sampling(parent) as peak:
        pass

    assert peak.processes == 2
    in_use = [read_memory_mib(parent), read_memory_mib(child)]
    assert peak.resident_mib >= 0.9 * sum(filter(None, in_use))
    # What a share is changes with whoever else runs the same program meanwhile.
    shares = [read_share_mib(parent), read_share_mib(child)]
    assert max(filter(None, shares)) < peak.pss_mib <= peak.resident_mib


def test_the_kernels_own_peak_is_kept_when_it_is_more(family: tuple[int, int]) -> None:
    peak = Peak()

    note_own_peaks(family[0], into=peak)

    assert peak.resident_mib > 0
    assert peak.describe().startswith("0 MiB (PSS, sampled)")


def test_the_time_of_a_process_grows_with_its_work() -> None:
    before_s, kernel_s = read_processor_s(os.getpid()), time.process_time()

    while time.process_time() - kernel_s < 0.1:
        sum(range(1000))

    found_s = read_processor_s(os.getpid()) - before_s
    # The kernel counts in ticks, which are a hundredth of a second.
    assert 0.05 < found_s <= time.process_time() - kernel_s + 0.05


@pytest.mark.parametrize(
    ("words", "name"),
    (
        (["-m", "app.cli", "gateway", "--workers", "2"], "gateway"),
        (["-m", "app.supervisor.gateway", '{"workers": 2}'], "gateway"),
        (["-m", "app.supervisor.part", "reception", "/counts", "7"], "reception"),
        (["-m", "app.supervisor.part", "index", "/counts", "8"], "index"),
        (["web"], "web"),
    ),
)
def test_processes_of_ours_are_known_by_their_command(words: list[str], name: str) -> None:
    code = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        # Its command is there when it runs, not when it was started.
        process.stdout.readline()
        assert find_name(process.pid) == name
        process.stdin.close()
