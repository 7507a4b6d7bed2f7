"""What the planning needs from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.planning.domain.on_call_sheet import Sheet
from app.planning.domain.printed import PrintedPage
from app.planning.domain.roster.problem import Limits, Objective, Roster, RosterProblem


class OnCallSheetRenderer(Protocol):
    """Makes the printed on-call sheet."""

    def render_sheet(self, sheet: Sheet) -> bytes:
        """Make a PDF; the same sheet always gives the same bytes.

        Blocks for some tenths of a second: call it from a thread, outside any transaction.
        """
        ...


class TablePrinter(Protocol):
    """Prints tables."""

    def print_page(self, page: PrintedPage) -> bytes:
        """Make a PDF; the same page always gives the same bytes. Blocks, as `render_sheet`."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search is with one objective.

    Parameters
    ----------
    best, bound
        The best value found so far, and the proven bound below which none is.
    seconds
        Since the search began.
    """

    objective: Objective
    best: int
    bound: int
    seconds: float


class RosterSolver(Protocol):
    """Puts radiologists on the seats of a period."""

    def solve(
        self,
        problem: RosterProblem,
        *,
        limits: Limits,
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Roster:
        """Find the best roster within the limits; there always is one.

        Blocks for as long as the limits say: call it in a child process. What cannot be covered
        stays visibly uncovered, what a society cannot staff is lent by others.

        Parameters
        ----------
        on_progress
            Told of every better roster and bound, from whatever thread the search runs in.
        should_stop
            Asked several times a second; once it says yes, the best roster so far is given.
        """
        ...

    def repair(
        self,
        problem: RosterProblem,
        *,
        limits: Limits,
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Roster:
        """Mend `problem.published` with as few changes of holder as cover and loans allow."""
        ...


class RosterComputer(Protocol):
    """Computes rosters in a process of their own, at low priority."""

    async def compute(
        self,
        problem: RosterProblem,
        *,
        limits: Limits,
        is_repair: bool,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> Roster:
        """Find the best roster, or mend the published one; as `RosterSolver`.

        Raises
        ------
        RosterFailed
            If the process ended before its answer, or took much longer than it may, saying which.
        """
        ...
