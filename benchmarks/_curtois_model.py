"""Nurse rostering as its author states it, for the engine that makes our rosters.

Before the first day and after the last, everybody is taken to go on as they do at the border: runs
that touch it are never too short.
"""

from collections.abc import Sequence
from itertools import pairwise

from ortools.sat.python import cp_model

from app.adapters.solver.engine import Solution
from benchmarks._curtois_checks import Row
from benchmarks._curtois_file import Instance, Worker

_WEEK, _SATURDAY = 7, 5


class CurtoisModel:
    """Who works which kind on which day, and what it costs."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.cp = cp_model.CpModel()
        self.costs: list[cp_model.LinearExprT] = []
        self._works: dict[tuple[str, int, str], cp_model.IntVar] = {}
        self._at_work: dict[tuple[str, int], cp_model.IntVar] = {}
        for worker in instance.workers:
            self._add(worker)
        self._price_requests()
        self._price_cover()

    def _add(self, worker: Worker) -> None:
        for day in range(self.instance.days):
            at_work = self.cp.new_bool_var("")
            self._at_work[worker.name, day] = at_work
            kinds = []
            for kind in self.instance.kinds:
                works = self.cp.new_bool_var("")
                self._works[worker.name, day, kind.name] = works
                kinds.append(works)
            self.cp.add_exactly_one([*kinds, ~at_work])
            if day in worker.days_off:
                self.cp.add(at_work == 0)
        self._limit_kinds(worker)
        self._limit_runs(worker)
        self._limit_weekends(worker)

    def _limit_kinds(self, worker: Worker) -> None:
        name, days = worker.name, range(self.instance.days)
        minutes = []
        for kind in self.instance.kinds:
            held = cp_model.LinearExpr.sum([self._works[name, day, kind.name] for day in days])
            self.cp.add(held <= worker.most_of[kind.name])
            minutes.append(kind.minutes * held)
            for day, after in pairwise(days):
                for never in kind.never_before:
                    self.cp.add_at_most_one(
                        self._works[name, day, kind.name], self._works[name, after, never]
                    )
        worked = cp_model.LinearExpr.sum(minutes)
        self.cp.add_linear_constraint(worked, worker.least_minutes, worker.most_minutes)

    def _limit_runs(self, worker: Worker) -> None:
        row = [self._at_work[worker.name, day] for day in range(self.instance.days)]
        for first in range(len(row) - worker.most_in_a_row):
            self.cp.add(sum(row[first : first + worker.most_in_a_row + 1]) <= worker.most_in_a_row)
        self._forbid_short_runs(row, least=worker.least_in_a_row)
        self._forbid_short_runs([~each for each in row], least=worker.least_off_in_a_row)

    def _forbid_short_runs(self, row: Sequence[cp_model.LiteralT], *, least: int) -> None:
        for length in range(1, least):
            for first in range(1, len(row) - length):
                run = row[first : first + length]
                self.cp.add_bool_or([row[first - 1], row[first + length], *(~each for each in run)])

    def _limit_weekends(self, worker: Worker) -> None:
        weekends = []
        for saturday in range(_SATURDAY, self.instance.days, _WEEK):
            weekend = self.cp.new_bool_var("")
            for day in (saturday, saturday + 1):
                self.cp.add_implication(self._at_work[worker.name, day], weekend)
            weekends.append(weekend)
        self.cp.add(sum(weekends) <= worker.most_weekends)

    def _price_requests(self) -> None:
        for each in self.instance.requests:
            works = self._works[each.worker, each.day, each.kind]
            self.costs.append(each.weight * (1 - works if each.is_on else works))

    def _price_cover(self) -> None:
        people = len(self.instance.workers)
        for each in self.instance.covers:
            held = sum(
                self._works[worker.name, each.day, each.kind] for worker in self.instance.workers
            )
            under = self.cp.new_int_var(0, each.needed, "")
            over = self.cp.new_int_var(0, people, "")
            self.cp.add(held + under - over == each.needed)
            self.costs += [each.under * under, each.over * over]

    @property
    def cost(self) -> cp_model.LinearExprT:
        """What is to be as small as can be."""
        return cp_model.LinearExpr.sum(self.costs)

    def read(self, solution: Solution) -> dict[str, Row]:
        """Read who works what each day out of what the engine found."""
        rows: dict[str, list[str | None]] = {
            worker.name: [None] * self.instance.days for worker in self.instance.workers
        }
        for (name, day, kind), works in self._works.items():
            if solution[works.index]:
                rows[name][day] = kind
        return dict(rows)
