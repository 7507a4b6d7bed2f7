"""How good each society can be, if all others let it: what an assembly aims at, and rates."""

from collections.abc import Iterable

from ortools.sat.python import cp_model

from app.adapters.solver.bounds import Bounds
from app.adapters.solver.draft import Draft, Merit
from app.adapters.solver.engine import Engine, Solution
from app.adapters.solver.fairness import find_deviations
from app.adapters.solver.model import RosterModel
from app.planning.domain.roster.problem import Objective

FAIR = 1000
"""What deviations weigh against spacing and wishes."""
_NEAR = 10
"""What spacing weighs against wishes."""

_WORST: Merit = (10**9, 0)


class Aims:
    """What societies can reach; beyond that nobody needs to look.

    Parameters
    ----------
    short
        Those who cannot staff their seats. If there are any, who lends pays more than it would
        alone, and of spacing and wishes nothing is known.
    """

    def __init__(self, bounds: Bounds, *, engine: Engine, short: Iterable[int]) -> None:
        self.short = frozenset(short)
        self.fair = bounds.fair | dict.fromkeys(self.short, 0)
        self._bounds = bounds
        self._engine = engine
        self._near: dict[int, int] = {}
        """By society that is as fair as can be, what its people pay at least."""

    def are_met(self, society: int, draft: Draft) -> bool:
        """Say whether a society is known to be as good as it can be, and look how good, once."""
        merit = draft.merits.get(society, _WORST)
        if merit[0] <= self.fair[society] and not self.short and society not in self._near:
            self._near[society] = self._find_near(society, draft) if merit[1] else 0
            if not merit[1]:
                self._bounds.note_nothing_paid(society)
        return merit <= (self.fair[society], self._near.get(society, 0))

    def _find_near(self, society: int, draft: Draft) -> int:
        spacing, wishes = self._bounds.find_near(
            society, held=draft.held, owned=draft.owned, engine=self._engine
        )
        return _NEAR * spacing + wishes

    def find_least(self, societies: Iterable[int]) -> int:
        """Say what the people of these societies pay at least, as far as is known."""
        return sum(self._near.get(society, 0) for society in societies)

    def rate(
        self, model: RosterModel, solution: Solution, *, societies: frozenset[int]
    ) -> dict[int, Merit]:
        """Say how good these societies are in a solution."""
        deviations = find_deviations(model, solution)
        near = _NEAR * model.evaluate(Objective.SPACING, solution)
        near += model.evaluate(Objective.WISHES, solution)
        # Only the sum of two is known: what is more than both must pay is the first one's.
        left = near - self.find_least(societies)
        merits = {}
        for society in sorted(societies):
            merits[society] = (deviations.get(society, 0), self._near.get(society, 0) + left)
            left = 0
        return merits


def price_near(model: RosterModel) -> cp_model.LinearExpr:
    """Give what people pay one by one."""
    return _NEAR * model.cost(Objective.SPACING) + model.cost(Objective.WISHES)


def add_up(merits: Iterable[Merit]) -> int:
    """Weigh deviations, spacing and wishes together."""
    return sum(FAIR * deviation + near for deviation, near in merits)
