"""What no roster can do better: societies looked at one by one, as if all others let them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from app.adapters.solver.build import add_fairness, build, hint_from
from app.adapters.solver.counts import CountModel
from app.adapters.solver.engine import Engine, Outcome, Task
from app.adapters.solver.frame import Frame
from app.adapters.solver.loan_bounds import find_least_largest_lent, find_least_sum_lent
from app.adapters.solver.model import Lending, RosterModel
from app.adapters.solver.placing import Held, Owned
from app.planning.domain.roster.problem import Objective

NEAR = (Objective.SPACING, Objective.WISHES)
"""What people pay one by one, where they are as fair as can be."""

Near = tuple[int, int]
"""Spacing and wishes."""


class Bounds:
    """Lower bounds of a roster in which nothing is uncovered or lent.

    Any such roster gives each society a roster of its own; the sum of the best ones, taken alone,
    is a bound of the whole. Where people change society in the period, nothing is said.
    """

    def __init__(self, frame: Frame, *, engine: Engine) -> None:
        self._frame = frame
        self._engine = engine
        self._largest: dict[int, int] = {}
        self.fair: dict[int, int] = {}
        """By society, the least sum of deviations while the largest is least."""
        self.lacking: dict[int, int] = {}
        """By society that was looked at, how many seats it cannot staff, whatever others do."""
        self.alone: dict[int, Held] = {}
        """How such a society would staff the others, if it could choose its dates."""
        self._lent: dict[Objective, int] = {}
        self._least: dict[tuple[Objective, int], _Least] = {}
        self.is_separable = all(len(set(person.societies.values())) <= 1 for person in frame.people)

    @property
    def largest(self) -> int:
        """Below this nobody can push the largest deviation."""
        staffed = (each for of, each in self._largest.items() if not self.lacking.get(of))
        return max(staffed, default=0)

    @property
    def deviation(self) -> int:
        """Below this nobody can push the sum of deviations, while the largest is least."""
        return sum(self.fair.values())

    def count(self, engine: Engine) -> bool:
        """Find how fair each society can be; say whether all could be found."""
        if not self.is_separable:
            return False
        models = {each: CountModel(self._frame.look_at(each)) for each in self._frame.societies}
        for society, model in models.items():
            with engine.within(_PART) as lent:
                outcome = lent.run(model.cp, Task(model.cost(Objective.LARGEST_DEVIATION)))
            if outcome is not None:
                self._largest[society] = outcome.bound
            elif not self.find_lacking([society], engine=engine):
                return False
        for society, model in models.items():
            if self.lacking.get(society):
                continue
            model.cp.add(model.cost(Objective.LARGEST_DEVIATION) <= self.largest)
            with engine.within(_PART) as lent:
                outcome = lent.run(model.cp, Task(model.cost(Objective.DEVIATION)))
            if outcome is None:
                return False
            self.fair[society] = outcome.bound
        return True

    @property
    def shortage(self) -> int:
        """Count the seats that societies owe and cannot staff, as far as was looked."""
        return sum(self.lacking.values())

    def find_lacking(self, societies: Collection[int], *, engine: Engine) -> int:
        """Count the seats that these societies owe and cannot staff, whatever the others do."""
        unknown = sorted(set(societies) - self.lacking.keys())
        for place, society in enumerate(unknown):
            if engine.is_over:
                break
            model = build(self._frame.look_at(society), lending=Lending.NONE)
            with engine.within(_FOR_SHORTAGE / (len(unknown) - place)) as lent:
                outcome = lent.run(model.cp, Task(model.cost(Objective.COVER), is_tight=True))
            if outcome is not None:
                # What is settled uncovered is nobody's loan.
                least = outcome.bound - model.sure_cost(Objective.COVER)
                self.lacking[society] = max(0, least)
                self._lent.clear()
                seats = model.held.items()
                self.alone[society] = {key for key, of in seats if outcome.solution[of.index]}
        return sum(self.lacking.get(society, 0) for society in societies)

    def find_lent(self, objective: Objective) -> int:
        """Bound the largest or all deviations, where what cannot be staffed is lent, and no more.

        Then each society lacks just what it must.
        """
        if objective not in self._lent:
            find = _FIND_LENT[objective]
            self._lent[objective] = find(self._frame, lacking=self.lacking)
        return self._lent[objective]

    def find_for_people(
        self,
        objective: Objective,
        *,
        kept: Mapping[Objective, int],
        held: Held,
        owned: Owned,
        part: float,
    ) -> int:
        """Bound what people pay one by one (spacing, wishes), beside what is kept.

        Parameters
        ----------
        kept
            Values of the objectives before; no roster that is better there is looked for.
        held, owned
            A roster: societies whose people pay nothing in it are not looked at.
        part
            Of the time that is left.
        """
        is_counted = self.fair.keys() >= set(self._frame.societies)
        if not is_counted or kept.get(Objective.LARGEST_DEVIATION) != self.largest:
            return 0
        limits = {each: self._limit(each, kept=kept) for each in self._frame.societies}
        paying = []
        for society, own in limits.items():
            if self._knows(objective, society, limits=own):
                continue
            if self._engine.is_over:
                return 0
            alone = self._look_at(society, limits=own, held=held, owned=owned, engine=self._engine)
            if alone.pays_for(objective):
                paying.append(alone)
            else:
                self._least[objective, society] = _Least(0, own, is_proven=True)
        for place, alone in enumerate(paying):
            share = min(1.0, part / (len(paying) - place))
            self._bound(alone, objective, engine=self._engine, part=share)
        return sum(self._find_least(objective, each, limits=own) for each, own in limits.items())

    def find_near(self, society: int, *, held: Held, owned: Owned, engine: Engine) -> Near:
        """Bound what a society pays in spacing, then in wishes, where all are as fair as can be.

        Parameters
        ----------
        held, owned
            A roster: what the society pays in it may be the least.
        """
        limits = {Objective.DEVIATION: self.fair[society]}
        alone = self._look_at(society, limits=limits, held=held, owned=owned, engine=engine)
        least = []
        for objective in NEAR:
            self._bound(alone, objective, engine=engine, part=_FOR_NEAR)
            sure = alone.model.sure_cost(objective)
            known = self._find_least(objective, society, limits=alone.limits)
            least.append(known + sure)
            alone.keep(objective)
        return least[0], least[1]

    def note_nothing_paid(self, society: int) -> None:
        """Note that a society can be as fair as can be, and nobody pays for it."""
        limits = {Objective.DEVIATION: self.fair[society]}
        for objective in NEAR:
            self._least[objective, society] = _Least(0, dict(limits), is_proven=True)
            limits[objective] = 0

    def _limit(self, society: int, *, kept: Mapping[Objective, int]) -> Mapping[Objective, int]:
        """Say how much of what is kept can be this society's: the others pay what they must."""
        slack = kept[Objective.DEVIATION] - self.deviation
        limits = {each: {Objective.DEVIATION: fair + slack} for each, fair in self.fair.items()}
        own = limits.pop(society)
        if Objective.SPACING in kept:
            others = limits.items()
            must = sum(self._find_least(Objective.SPACING, of, limits=each) for of, each in others)
            own[Objective.SPACING] = kept[Objective.SPACING] - must
        return own

    def _find_least(
        self, objective: Objective, society: int, *, limits: Mapping[Objective, int]
    ) -> int:
        """Say what is known of what a society pays at least within these limits."""
        least = self._least.get((objective, society))
        return least.bound if least is not None and least.is_for(limits) else 0

    def _knows(
        self, objective: Objective, society: int, *, limits: Mapping[Objective, int]
    ) -> bool:
        least = self._least.get((objective, society))
        return least is not None and least.is_proven and least.is_for(limits)

    def _look_at(
        self,
        society: int,
        *,
        limits: Mapping[Objective, int],
        held: Held,
        owned: Owned,
        engine: Engine,
    ) -> "_Alone":
        model = build(self._frame.look_at(society), lending=Lending.NONE)
        add_fairness(model, is_whole=True)
        model.cp.add(model.cost(Objective.LARGEST_DEVIATION) <= self.largest)
        model.cp.add(model.cost(Objective.DEVIATION) >= self.fair[society])
        for objective, most in limits.items():
            model.cp.add(model.cost(objective) <= most)
        hint = hint_from(model, held=held, owned=owned)
        costs = (Objective.DEVIATION, *NEAR)
        minimized = sum((model.cost(each) for each in costs), start=cp_model.LinearExpr.sum([]))
        begun = engine.run(model.cp, Task(minimized, hint=hint, is_fixed=True, workers=1))
        return _Alone(society, model, dict(limits), begun)

    def _bound(self, alone: "_Alone", objective: Objective, *, engine: Engine, part: float) -> None:
        """Find the least that a society pays, as far as time allows, and note it."""
        model, sure = alone.model, alone.model.sure_cost(objective)
        least = _Least(0, dict(alone.limits), is_proven=True)
        if alone.pays_for(objective):
            hint = {} if alone.found is None else dict(enumerate(alone.found.solution))
            with engine.within(part) as lent:
                outcome = lent.run(model.cp, Task(model.cost(objective), hint=hint))
            if outcome is None:
                return
            alone.found = outcome
            is_proven = outcome.value <= outcome.bound
            least = replace(least, bound=max(0, outcome.bound - sure), is_proven=is_proven)
        self._least[objective, alone.society] = least


@dataclass(frozen=True, slots=True)
class _Least:
    """What the people of a society pay at least, beyond what is sure, within some limits."""

    bound: int
    limits: Mapping[Objective, int]
    is_proven: bool

    def is_for(self, limits: Mapping[Objective, int]) -> bool:
        """Say whether nothing within other limits is left out by these."""
        return all(each in limits and limits[each] <= most for each, most in self.limits.items())


@dataclass(slots=True)
class _Alone:
    """A society, its limits, and the best that was found for it alone."""

    society: int
    model: RosterModel
    limits: dict[Objective, int]
    found: Outcome | None

    def pays_for(self, objective: Objective) -> bool:
        """Say whether its people pay more than what is sure, as far as was found."""
        if self.found is None:
            return True
        paid = self.model.evaluate(objective, self.found.solution)
        return paid > self.model.sure_cost(objective)

    def keep(self, objective: Objective) -> None:
        """Pay no more from now on."""
        if self.found is not None:
            self.limits[objective] = self.model.evaluate(objective, self.found.solution)
            self.model.cp.add(self.model.cost(objective) <= self.limits[objective])


_FOR_SHORTAGE, _FOR_NEAR = 0.3, 0.15
_FIND_LENT = {
    Objective.LARGEST_DEVIATION: find_least_largest_lent,
    Objective.DEVIATION: find_least_sum_lent,
}
_PART = 0.05
"""Of the time that is left, for one society; it takes some hundredths of a second."""
