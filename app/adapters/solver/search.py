"""The search: one objective after another, each kept before the next begins.

First every society is looked at alone, which bounds what any roster can do; then a first roster is
put together society by society; then each objective is bettered over all societies, from that
roster on, unless a bound proves that nothing is better.
"""

from ortools.sat.python import cp_model

from app.adapters.solver.assembly import Assembly
from app.adapters.solver.bounds import Bounds
from app.adapters.solver.build import add_fairness, build, hint_from
from app.adapters.solver.draft import find_owed
from app.adapters.solver.engine import Engine, Hint, Solution, Task
from app.adapters.solver.frame import Frame, make_frame
from app.adapters.solver.model import Lending, RosterModel
from app.adapters.solver.placing import Held, Owned, place
from app.planning.domain.roster.problem import Level, Objective, Roster, RosterProblem

_WHOLE = (Objective.COVER, Objective.LOANS)
_LARGEST = Objective.LARGEST_DEVIATION
_UNKNOWN = 10**12
_FOR_BOUNDS, _FOR_ASSEMBLY, _FOR_PROOF = 0.2, 0.6, 0.5
PEOPLE = (
    Objective.LARGEST_DEVIATION,
    Objective.DEVIATION,
    Objective.SPACING,
    Objective.WISHES,
    Objective.STABILITY,
)
_DEVIATIONS = frozenset({Objective.LARGEST_DEVIATION, Objective.DEVIATION})
_PARTS = {
    Objective.COVER: 0.4,
    Objective.LOANS: 0.4,
    Objective.CHANGES: 0.4,
    Objective.LARGEST_DEVIATION: 0.4,
    Objective.DEVIATION: 0.3,
    Objective.SPACING: 0.4,
    Objective.WISHES: 0.6,
    Objective.STABILITY: 0.9,
}
"""Of the time that is left."""


def search(problem: RosterProblem, *, engine: Engine) -> Roster:
    """Find the best roster that the engine's time allows."""
    found = Search(make_frame(problem), engine)
    found.run()
    placements = place(found.frame, held=found.held, owned=found.owned)
    is_done = bool(found.levels) and found.levels[-1].objective is found.objectives[-1]
    return Roster(placements, tuple(found.levels), stopped=engine.was_stopped or not is_done)


class Search:
    """Levels reached so far, and the best roster."""

    def __init__(self, frame: Frame, engine: Engine) -> None:
        self.frame = frame
        self.levels: list[Level] = []
        self.held: Held = set()
        self.owned: Owned = dict(find_owed(frame))
        self._engine = engine
        self._bounds = Bounds(frame, engine=engine)
        self._solution: Solution = ()

    @property
    def objectives(self) -> list[Objective]:
        """What is asked of this problem."""
        idle = set()
        if not self.frame.problem.published:
            idle.add(Objective.CHANGES)
        if not self.frame.problem.previous:
            idle.add(Objective.STABILITY)
        return [each for each in Objective if each not in idle]

    def run(self) -> None:
        """Reach as many levels as time allows."""
        self._assemble()
        if not self._is_assembled:
            self._bounds.find_lacking(self._stuck, engine=self._engine)
        model = None
        if not self._bounds.shortage:
            model = self._cover(Lending.NONE)
        if model is None or not self.levels or not self.levels[-1].is_proven:
            self.levels.clear()
            model = self._cover(Lending.ALL)
        self._reach_others(model)

    def _assemble(self) -> None:
        """Put a first roster together, if no change of society stands in the way."""
        self._is_assembled = False
        self._stuck: set[int] = set(self.frame.societies)
        with self._engine.within(_FOR_BOUNDS) as lent:
            is_counted = self._bounds.count(lent)
        if not is_counted:
            return
        with self._engine.within(_FOR_ASSEMBLY) as lent:
            tell = self._engine.tell
            assembly = Assembly(self.frame, engine=lent, bounds=self._bounds, tell=tell)
            self._is_assembled = assembly.run()
            while assembly.is_outdated:
                assembly = Assembly(self.frame, engine=lent, bounds=self._bounds, tell=tell)
                self._is_assembled = assembly.run()
            self._stuck = assembly.stuck
            assembly.open_guards()
        self.held, self.owned = assembly.draft.held, assembly.draft.owned

    def _cover(self, lending: Lending) -> RosterModel:
        """Open a model, and cover as many seats as can be."""
        model = build(self.frame, lending=lending)
        self._solution = self._complete(model, *_WHOLE)
        if lending is Lending.ALL and not self._is_assembled:
            self._fill(model)
        if not self._solution:
            # What was put together breaks a rule that joins societies: it only shows the way.
            hint, self.held, self.owned = self._hint(model), set(), dict(find_owed(self.frame))
            outcome = self._engine.run(
                model.cp, Task(model.cost(Objective.COVER), hint=hint, part=_PARTS[Objective.COVER])
            )
            if outcome is not None:
                self._note(model, outcome.solution)
        self._reach(model, Objective.COVER, bound=model.sure_cost(Objective.COVER))
        return model

    def _fill(self, model: RosterModel) -> None:
        """Leave everybody where they are, and let anybody lend what is open."""
        hint = {seat.index: 1 for key, seat in model.held.items() if key in self.held}
        weighed = (len(model.held) + 1) * model.cost(Objective.COVER) + model.cost(Objective.LOANS)
        outcome = self._engine.run(
            model.cp, Task(weighed, hint=hint, is_kept=True, part=_PARTS[Objective.COVER])
        )
        if outcome is not None:
            self._note(model, outcome.solution)

    def _reach_others(self, model: RosterModel) -> None:
        """Reach the other objectives, while each leaves something to begin with."""
        for objective in self.objectives[1:]:
            if not self.levels:
                return
            if objective is Objective.LARGEST_DEVIATION:
                is_whole = not any(self.kept[each] > model.sure_cost(each) for each in _WHOLE)
                add_fairness(model, is_whole=is_whole)
                self._solution = self._complete(model, *PEOPLE)
            bound = self._find_bound(model, objective)
            if not self._reach(model, objective, bound=bound):
                return

    def _find_bound(self, model: RosterModel, objective: Objective) -> int:
        """Say below what nothing can be, as far as is known without searching all societies."""
        sure = model.sure_cost(objective)
        if objective is Objective.LOANS:
            open_seats = self.kept[Objective.COVER] - model.sure_cost(Objective.COVER)
            return sure + max(0, self._bounds.shortage - open_seats)
        if objective is Objective.STABILITY:
            return 0
        if objective not in PEOPLE:
            return sure
        if not any(self.kept.get(each, 0) for each in _WHOLE):
            return self._find_bound_alone(model, objective)
        if objective in _DEVIATIONS and self._is_least_lent(model):
            return self._bounds.find_lent(objective)
        return sure

    def _find_bound_alone(self, model: RosterModel, objective: Objective) -> int:
        """Add up what each society must pay, where it holds just what it owes."""
        sure, bounds = model.sure_cost(objective), self._bounds
        if objective is Objective.LARGEST_DEVIATION:
            return bounds.largest
        if objective is Objective.DEVIATION:
            return bounds.deviation if self.kept[_LARGEST] == bounds.largest else 0
        if self._evaluate(model, objective) > sure:
            return sure + bounds.find_for_people(
                objective, kept=self.kept, held=self.held, owned=self.owned, part=_FOR_PROOF
            )
        return sure

    def _is_least_lent(self, model: RosterModel) -> bool:
        """Say whether all is covered, and nothing is lent but what somebody cannot staff."""
        open_seats, lent = (self.kept[each] - model.sure_cost(each) for each in _WHOLE)
        return not open_seats and self._bounds.is_separable and lent == self._bounds.shortage

    def _evaluate(self, model: RosterModel, objective: Objective) -> int:
        return model.evaluate(objective, self._solution) if self._solution else _UNKNOWN

    def _reach(self, model: RosterModel, objective: Objective, *, bound: int) -> bool:
        """Make one objective as good as time allows, note it and keep it."""
        value = self._evaluate(model, objective)
        if value > bound:
            task = Task(
                model.cost(objective),
                hint=dict(enumerate(self._solution)),
                part=_PARTS[objective],
                told=objective,
            )
            outcome = self._engine.run(model.cp, task)
            if outcome is not None:
                bound = max(bound, outcome.bound)
                value = outcome.value
                self._note(model, outcome.solution)
                after = self.objectives[self.objectives.index(objective) + 1 :]
                self._solution = self._complete(model, *after) or outcome.solution
        if value == _UNKNOWN:
            return False
        self.levels.append(Level(objective, value, bound))
        self._engine.tell(objective, value, bound)
        model.cp.add(model.cost(objective) <= value)
        return True

    @property
    def kept(self) -> dict[Objective, int]:
        """The values of the levels reached."""
        return {each.objective: each.value for each in self.levels}

    def _complete(self, model: RosterModel, *objectives: Objective) -> Solution:
        """Find what follows from who sits where; nothing, where that breaks a rule."""
        minimized = sum((model.cost(each) for each in objectives), start=_NOTHING)
        outcome = self._engine.run(
            model.cp, Task(minimized, hint=self._hint(model), is_fixed=True, workers=1)
        )
        return () if outcome is None else outcome.solution

    def _hint(self, model: RosterModel) -> Hint:
        return hint_from(model, held=self.held, owned=self.owned)

    def _note(self, model: RosterModel, solution: Solution) -> None:
        self._solution = solution
        self.held = {key for key, seat in model.held.items() if solution[seat.index]}
        for key, owned in model.owned.items():
            if isinstance(owned, cp_model.IntVar):
                self.owned[key] = solution[owned.index]


_NOTHING = cp_model.LinearExpr.sum([])
