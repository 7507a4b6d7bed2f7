"""One run of CP-SAT after another, under the limits of one search."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Thread

from ortools.sat.python import cp_model

from app.kit.clock import read_monotonic_s
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Limits, Objective

_TO_FINISH_S = 10.0
_ASK_S = 0.1
"""How often whoever waits is asked whether to stop."""

Solution = Sequence[int]
"""The value of each variable of a model, by its index."""


Hint = Mapping[int, int]
"""Values of some variables, by their index."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run found.

    Parameters
    ----------
    bound
        Below which no value is, rounded up.
    """

    value: int
    bound: int
    solution: Solution


@dataclass(frozen=True, slots=True)
class Task:
    """One run: what is minimized, from where, and for how long.

    Parameters
    ----------
    hint
        From where.
    is_fixed
        Keep to the hint: only what follows from it is found.
    part
        Of the time that is left.
    is_kept
        Keep to the hint; what it does not speak of is searched.
    is_tight
        Spend all on the relaxation: where cover is what is missing, it knows best, and workers that
        do without it only take its time.
    tolerance
        How far from the bound the value may be.
    told
        As which objective the run is told of; absent: it is not.
    """

    minimized: cp_model.LinearExprT
    hint: Hint = field(default_factory=dict[int, int])
    is_fixed: bool = False
    is_kept: bool = False
    part: float = 1.0
    tolerance: int = 0
    is_tight: bool = False
    told: Objective | None = None
    workers: int | None = None


@dataclass(slots=True)
class Engine:
    """Counts the time of a search, and runs the solver within it."""

    limits: Limits
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    begun: float = field(default_factory=read_monotonic_s)
    spent: float = 0.0
    """In the solver's deterministic time."""
    was_stopped: bool = False
    found_none: bool = False
    """The last run proved that there is nothing to find."""

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return read_monotonic_s() - self.begun

    @property
    def is_over(self) -> bool:
        """Is there no time left, or has somebody asked to stop?"""
        if self.should_stop is not None and self.should_stop():
            self.was_stopped = True
        return self.was_stopped or self._left_s() <= 0 or self._left_deterministic() <= 0

    @property
    def used(self) -> float:
        """What part of the time has gone by; of the two limits, the one that is nearer."""
        deterministic = self.spent / (self.limits.deterministic or float("inf"))
        return max(self.seconds / self.limits.seconds, deterministic)

    def _left_s(self) -> float:
        return self.limits.seconds - self.seconds

    def _left_deterministic(self) -> float:
        return (self.limits.deterministic or float("inf")) - self.spent

    def tell(self, objective: Objective, best: int, bound: int) -> None:
        """Tell whoever waits how far an objective is."""
        if self.on_progress is not None:
            self.on_progress(Progress(objective, best, bound, self.seconds))

    @contextmanager
    def within(self, part: float) -> Iterator["Engine"]:
        """Lend a part of the time that is left."""
        left = self._left_deterministic()
        limits = replace(
            self.limits,
            seconds=part * self._left_s(),
            deterministic=None if self.limits.deterministic is None else part * left,
        )
        lent = Engine(limits, should_stop=self.should_stop)
        yield lent
        self.spent += lent.spent
        self.was_stopped = self.was_stopped or lent.was_stopped

    def run(self, model: cp_model.CpModel, task: Task) -> Outcome | None:
        """Minimize; `None` where nothing was found in time."""
        self.found_none = False
        if self.is_over and not task.is_fixed:
            return None
        solver = self._make_solver(task)
        model.minimize(task.minimized)
        model.clear_hints()  # type: ignore[no-untyped-call]
        for index, value in task.hint.items():
            model.add_hint(model.get_int_var_from_proto_index(index), value)
        with self._watch(solver):
            status = solver.solve(model, self._make_listener(solver, task))
        self.spent += solver.deterministic_time
        self.found_none = status == cp_model.INFEASIBLE
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None
        bound = -int(-solver.best_objective_bound // 1)
        if abs(solver.best_objective_bound - round(solver.best_objective_bound)) < _TINY:
            bound = round(solver.best_objective_bound)
        return Outcome(round(solver.objective_value), bound, list(solver.response_proto.solution))

    def _make_solver(self, task: Task) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1 if task.is_tight else task.workers or self.limits.workers
        parameters.random_seed = self.limits.seed
        parameters.max_time_in_seconds = max(0.01, task.part * self._left_s())
        if task.is_fixed:
            # What was found is told also when the time is over.
            parameters.max_time_in_seconds = _TO_FINISH_S
        elif self.limits.deterministic is not None:
            parameters.max_deterministic_time = task.part * self._left_deterministic()
        parameters.fix_variables_to_their_hinted_value = task.is_fixed or task.is_kept
        # Rows have taken the symmetries out; looking for more costs more than it finds.
        parameters.symmetry_level = 0
        # Clauses of rest and duties in the relaxation too: else it says next to nothing of them.
        parameters.linearization_level = 2 if task.is_tight else 1
        parameters.absolute_gap_limit = task.tolerance + _TINY
        return solver

    def _make_listener(
        self, solver: cp_model.CpSolver, task: Task
    ) -> cp_model.CpSolverSolutionCallback | None:
        told, tell = task.told, self.on_progress
        if told is None or tell is None:
            return None
        listener = _Listener(lambda best, bound: tell(Progress(told, best, bound, self.seconds)))
        solver.best_bound_callback = listener.hear_bound
        return listener

    @contextmanager
    def _watch(self, solver: cp_model.CpSolver) -> Iterator[None]:
        if self.should_stop is None:
            yield
            return
        done = Event()
        watcher = Thread(target=self._ask, args=(solver, done), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _ask(self, solver: cp_model.CpSolver, done: Event) -> None:
        while not done.wait(_ASK_S):
            if self.should_stop is not None and self.should_stop():
                self.was_stopped = True
                # Asked again and again: a run that has not begun yet does not hear it.
                solver.stop_search()


_TINY = 1e-6


class _Listener(cp_model.CpSolverSolutionCallback):
    """Tells of every better solution and bound."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        super().__init__()
        self._tell = tell
        self._best: int | None = None
        self._bound = 0

    def on_solution_callback(self) -> None:
        """Tell of a better solution."""
        self._best = round(self.objective_value)
        self._bound = max(self._bound, int(self.best_objective_bound))
        self._tell(self._best, self._bound)

    def hear_bound(self, bound: float) -> None:
        """Tell of a better bound, once there is a solution."""
        self._bound = max(self._bound, int(bound))
        if self._best is not None:
            self._tell(self._best, self._bound)
