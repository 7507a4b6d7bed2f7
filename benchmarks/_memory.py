"""How much memory a receiver needed at most: all processes of its tree together."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from benchmarks._proc import list_tree, read_memory_mib, read_peak_mib, read_share_mib, reset_peak

_PERIOD_S = 0.1


@dataclass(slots=True)
class Peak:
    """The most that was found, and how many processes it was at most."""

    resident_mib: float = 0.0
    """Sum of the resident memory; what processes share is counted in each."""
    pss_mib: float = 0.0
    """Sum of the proportional shares: what the machine gives for all of them."""
    processes: int = 0
    began_anew: bool = True
    """Whether the kernel's own peaks began with it; else they may be those of a run before."""

    def note(self, pid: int) -> None:
        """Look at the tree of a process, and keep what is more than before."""
        tree = list_tree(pid)
        self.processes = max(self.processes, len(tree))
        self.resident_mib = max(self.resident_mib, _sum(read_memory_mib, tree))
        self.pss_mib = max(self.pss_mib, _sum(read_share_mib, tree))

    def describe(self) -> str:
        """Tell it in a line."""
        kind = "sum of peaks" if self.began_anew else "sum, sampled"
        return (
            f"{self.pss_mib:.0f} MiB (PSS, sampled), {self.resident_mib:.0f} MiB ({kind}), "
            f"at most {self.processes} at once"
        )


def reset_peaks(pid: int) -> bool:
    """Let the peaks of all processes of a tree begin anew; say whether all did."""
    done = [reset_peak(each) for each in list_tree(pid)]
    return all(done)


def note_own_peaks(pid: int, *, into: Peak) -> None:
    """Add what the kernel noted of those that still live, which no sample can miss.

    Not when their peaks did not begin anew: then only the samples are known to be of this run.
    """
    if not into.began_anew:
        return
    into.resident_mib = max(into.resident_mib, _sum(read_peak_mib, list_tree(pid)))


@contextmanager
def sampling(pid: int) -> Iterator[Peak]:
    """Let its peaks begin anew, and look at a tree ten times a second until the block's end.

    It takes time from what it watches: a run beside it is not to be counted.
    """
    peak, stop = Peak(began_anew=reset_peaks(pid)), Event()

    def sample() -> None:
        peak.note(pid)
        while not stop.wait(_PERIOD_S):
            peak.note(pid)

    thread = Thread(target=sample, name="bench-memory")
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        peak.note(pid)


def _sum(read: Callable[[int], float | None], pids: Iterable[int]) -> float:
    return sum(found for pid in pids if (found := read(pid)) is not None)
