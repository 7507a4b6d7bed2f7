"""The port, implemented."""

from collections.abc import Callable

from app.adapters.solver.engine import Engine
from app.adapters.solver.repair import mend
from app.adapters.solver.search import search
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Limits, Roster, RosterProblem


class CpSatRosterSolver:
    """Rosters by CP-SAT."""

    def solve(
        self,
        problem: RosterProblem,
        *,
        limits: Limits,
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Roster:
        """Find the best roster within the limits; there always is one."""
        return search(problem, engine=Engine(limits, on_progress, should_stop))

    def repair(
        self,
        problem: RosterProblem,
        *,
        limits: Limits,
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Roster:
        """Mend what is published with as few changes of holder as cover and loans allow."""
        return mend(problem, engine=Engine(limits, on_progress, should_stop))
