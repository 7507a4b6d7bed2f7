"""How fair a society can be at best: how many seats of each cell each person gets, not when.

Whatever the rules of work say, a roster gives each person some number of seats of each cell. To
choose these numbers alone is a small problem, solved in no time, and no roster does better.
"""

from collections import defaultdict

from ortools.sat.python import cp_model

from app.adapters.solver import fairness
from app.adapters.solver.frame import Frame, Person
from app.adapters.solver.rows import Cell
from app.planning.domain.roster.problem import Objective


class CountModel:
    """The numbers of one society.

    Parameters
    ----------
    frame
        Of one society alone, whose people hold all that is due.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.cp = cp_model.CpModel()
        self._counts: dict[tuple[int, Cell], cp_model.IntVar] = {}
        self._costs: defaultdict[Objective, list[cp_model.LinearExpr]] = defaultdict(list)
        for person in frame.people:
            self._count(person)
        for (_, cell), due in frame.due.items():
            counts = [count for (_, of), count in self._counts.items() if of == cell]
            self.cp.add(cp_model.LinearExpr.sum(counts) == due)
        fairness.apply(self, is_whole=True)

    def _count(self, person: Person) -> None:
        times: defaultdict[Cell, set[tuple[int, int]]] = defaultdict(set)
        for number in person.societies:
            row = self.frame.rows[number]
            times[row.cell].add((row.start, row.end))
        for cell, own in times.items():
            due = sum(seats for (_, of), seats in self.frame.due.items() if of == cell)
            if due:
                count = self.cp.new_int_var(0, min(len(own), due), "")
                self._counts[person.reader.id, cell] = count

    def shares(self, person: Person, *, society: int) -> list[tuple[cp_model.IntVar, Cell]]:
        """List how many seats of each cell a person may hold."""
        if society not in (self.frame.staffed or ()):
            return []
        own = self._counts.items()
        return [(count, cell) for (holder, cell), count in own if holder == person.reader.id]

    def price(self, objective: Objective, variable: cp_model.IntVar, each: int = 1) -> None:
        """Let an objective cost so much for each unit of a variable."""
        self._costs[objective].append(variable * each)

    def cost(self, objective: Objective) -> cp_model.LinearExpr:
        """Give what an objective costs."""
        return cp_model.LinearExpr.sum(self._costs[objective])
