"""Compute one roster: the order on standard input, progress and the answer on standard output.

The process has a low priority: who reads at night must not notice that somebody plans. It ends when
the pipe of who started it closes, whatever it is doing.
"""

import os
import sys
from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic
from typing import BinaryIO, TextIO

from app.adapters.rosters.wire import (
    STOP,
    Order,
    read_order,
    write_progress,
    write_roster,
)
from app.adapters.solver.solver import CpSatRosterSolver
from app.planning.domain.ports import Progress, RosterSolver
from app.planning.domain.roster.problem import Objective, Roster

_NICENESS = 10
_PAUSE_S = 0.2
"""Progress is told no more often than this, but for a new objective."""


class _Teller:
    """Tells of progress, from whatever thread the search runs in."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = Lock()
        self._told_at = float("-inf")
        self._objective: Objective | None = None

    def tell(self, progress: Progress) -> None:
        """Tell how far the search is, now and then."""
        with self._lock:
            now = monotonic()
            if progress.objective is self._objective and now - self._told_at < _PAUSE_S:
                return
            self._told_at, self._objective = now, progress.objective
            self.write(write_progress(progress))

    def write(self, line: str) -> None:
        """Write a line at once."""
        self._out.write(line + "\n")
        self._out.flush()


def _listen(source: BinaryIO, stopped: Event) -> None:
    while line := source.readline():
        if line == STOP:
            stopped.set()
    # Nobody is there any more who would read the answer.
    os._exit(1)


def _compute(order: Order, teller: _Teller, should_stop: Callable[[], bool]) -> Roster:
    solver: RosterSolver = CpSatRosterSolver()
    search = solver.repair if order.is_repair else solver.solve
    return search(
        order.problem, limits=order.limits, on_progress=teller.tell, should_stop=should_stop
    )


def run() -> None:
    """Compute the roster that is asked for."""
    os.nice(_NICENESS)
    source = sys.stdin.buffer
    order = read_order(source.readline())
    stopped = Event()
    Thread(target=_listen, args=(source, stopped), daemon=True).start()
    teller = _Teller(sys.stdout)
    teller.write(write_roster(_compute(order, teller, stopped.is_set)))
    # The thread that listens would hold the pipe: all is said.
    os._exit(0)


if __name__ == "__main__":
    run()
