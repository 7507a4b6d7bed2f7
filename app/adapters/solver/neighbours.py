"""Models of some societies beside what is decided of the others."""

from collections.abc import Collection

from ortools.sat.python import cp_model

from app.adapters.solver.build import build
from app.adapters.solver.draft import Draft
from app.adapters.solver.frame import Frame
from app.adapters.solver.model import PRICE, Lending, RosterModel
from app.adapters.solver.rows import Row
from app.planning.domain.roster.problem import GuardDemand, Objective


class Neighbours:
    """Looks at some societies, whose people go with those who sit already.

    Parameters
    ----------
    open_handed
        Societies that leave seats open although nobody is asked to lend there yet.
    """

    def __init__(self, frame: Frame, draft: Draft, *, open_handed: Collection[int]) -> None:
        self._frame = frame
        self._draft = draft
        self._open_handed = open_handed

    def look_beside(
        self, societies: frozenset[int], *, unstaffed: frozenset[int] = frozenset()
    ) -> RosterModel:
        """Model the people of some societies, and the dates of others that seat nobody yet."""
        free = societies | unstaffed
        taken = self._draft.taken(except_of=free)
        offered = self._draft.offered(except_of=free)
        frame = self._frame.look_beside(
            societies, unstaffed=unstaffed, taken=taken, offered=offered
        )
        model = build(frame, lending=Lending.NONE)
        settled = {key for key in self._draft.held if self._draft.society[key] not in societies}
        for place, demand in enumerate(self._frame.problem.demands):
            rows = [row for row in self._frame.rows if place in row.demands]
            if any((society, row.number) in model.owned for society in societies for row in rows):
                for skill in demand.skills:
                    self._leave_skill(model, rows, skill=skill, settled=settled)
                if demand.societies > 1:
                    self._leave_seats(model, rows, demand=demand, societies=free)
        self._keep_apart(model, settled)
        return model

    def _leave_skill(
        self, model: RosterModel, rows: list[Row], *, skill: str, settled: set[tuple[int, int]]
    ) -> None:
        """Leave no guard without a skill: somebody who has it, or a seat for somebody else."""
        able = {each.reader.id for each in self._frame.people if skill in each.reader.skills}
        if any((radiologist, row.number) in settled for row in rows for radiologist in able):
            return
        if any(self._is_left_open(row) for row in rows):
            return
        staffed = model.frame.staffed or frozenset()
        merits = self._draft.merits
        waiting = set(self._frame.societies) - set(merits) - staffed - set(self._open_handed)
        holders = [
            model.held[radiologist, row.number]
            for row in rows
            for radiologist in able
            if (radiologist, row.number) in model.held
        ]
        if waiting:
            # Whoever brings the skill now spares those who are seated last.
            lacking = model.cp.new_bool_var("")
            model.cp.add_bool_or([lacking, *holders])
            model.price(Objective.COVER, lacking)
        hopes: list[cp_model.LinearExprT] = [
            *holders,
            *self._find_dates(model, rows, waiting=waiting),
            *self._find_loans(model, rows, waiting=waiting),
        ]
        if hopes:
            model.cp.add(cp_model.LinearExpr.sum(hopes) >= 1)

    def _find_dates(
        self, model: RosterModel, rows: list[Row], *, waiting: set[int]
    ) -> list[cp_model.IntVar | int]:
        """List the seats of these rows that those who wait owe."""
        return [
            model.owned.get((other, row.number), self._draft.owned.get((other, row.number), 0))
            for row in rows
            for other in waiting
        ]

    def _find_loans(
        self, model: RosterModel, rows: list[Row], *, waiting: set[int]
    ) -> list[cp_model.LinearExprT]:
        """List the seats of these rows that others, who wait, may still lend."""
        lending = self._frame.beyond.items()
        cells = {cell for (of, cell), seats in lending if of in waiting and seats}
        cells |= {cell for (_, cell), seats in model.frame.beyond.items() if seats < 0}
        return [
            model.frame.offered.get(row.number, 0)
            - sum(beyond for (_, number), beyond in model.beyond.items() if number == row.number)
            for row in rows
            if row.cell in cells
        ]

    def _is_left_open(self, row: Row) -> bool:
        """Say whether somebody who is short of people left a seat of the row open."""
        for society in self._open_handed:
            held = [key for key in self._draft.held if key[1] == row.number]
            own = sum(self._draft.society[key] == society for key in held)
            if own < self._draft.owned.get((society, row.number), 0):
                return True
        return False

    def _leave_seats(
        self,
        model: RosterModel,
        rows: list[Row],
        *,
        demand: GuardDemand,
        societies: frozenset[int],
    ) -> None:
        """Leave seats of a guard that wants several societies to others; it costs where none are.

        Where others have a part in the guard now, they keep it.
        """
        most = sum(row.size for row in rows) - demand.societies + 1
        for society in sorted(societies):
            own = [(society, row.number) for row in rows if (society, row.number) in model.owned]
            if not own:
                continue
            total = cp_model.LinearExpr.sum([model.owned[key] for key in own])
            if sum(self._draft.owned.get(key, 0) for key in own) > most:
                beyond = model.cp.new_int_var(0, demand.societies - 1, "")
                model.price(Objective.WISHES, beyond, PRICE)
                total -= beyond
            model.cp.add(total <= most)

    def _keep_apart(self, model: RosterModel, settled: set[tuple[int, int]]) -> None:
        for person in model.frame.people:
            against = person.reader.incompatible
            for radiologist, number in sorted(settled):
                if radiologist not in against:
                    continue
                row = self._frame.rows[number]
                for span in model.spans[person.reader.id]:
                    if span.start < row.end and row.start < span.end:
                        for seat in span.seats:
                            model.cp.add(seat == 0)
