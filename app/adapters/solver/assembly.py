"""A first roster: society after society, those with the fewest people first.

Each is made as fair as it can be on its own dates; where that is not possible, it exchanges dates
with one other society. A problem of one society is small, and solved to its end in no time. Those
that cannot staff what they owe come before all others, which then lend what is left.
"""

from collections import Counter
from collections.abc import Callable

from ortools.sat.python import cp_model

from app.adapters.solver.aims import FAIR, Aims, add_up, price_near
from app.adapters.solver.bounds import Bounds
from app.adapters.solver.build import add_fairness, hint_from
from app.adapters.solver.draft import Merit, begin_draft
from app.adapters.solver.engine import Engine, Hint, Task
from app.adapters.solver.frame import Frame
from app.adapters.solver.lenders import Lenders
from app.adapters.solver.model import RosterModel
from app.adapters.solver.neighbours import Neighbours
from app.adapters.solver.rows import Cell
from app.planning.domain.roster.problem import Objective

_WISH = 50
"""What a wish weighs against a guard that is left without a skill; of these not all are proven."""

_ANYHOW: Merit = (10**8, 0)
_WORST: Merit = (10**9, 0)
_ROUNDS = 3
_PARTNERS = 2
"""With how many a society tries to exchange dates before people of theirs are seated."""
_PART, _TO_LEAVE, _TO_SEAT, _TO_BETTER = 0.15, 0.3, 0.5, 0.04
"""Of the time that is left, for each step."""
_EARLY, _PACE = 0.2, 0.6
"""Part of the time in which nobody hurries, and how much more may be used until all sit."""

Tell = Callable[[Objective, int, int], None]
"""Told of an objective how far it is: the best value, and a bound."""


class Assembly:
    """Puts a roster together, society by society.

    Parameters
    ----------
    bounds
        How fair each society can be, and which are known to lack people.
    """

    def __init__(self, frame: Frame, *, engine: Engine, bounds: Bounds, tell: Tell) -> None:
        self.frame = frame
        self._tell = tell
        self.draft = begin_draft(frame)
        self.stuck: set[int] = set()
        """Societies that could not hold all that they owe, as far as was found in time."""
        self.is_outdated = False
        """Somebody turned out to lack people: the others should lend, from the beginning."""
        self._engine = engine
        self._bounds = bounds
        people = Counter(of for person in frame.people for of in set(person.societies.values()))
        order = sorted(frame.societies, key=lambda society: (people[society], society))
        self._short = [society for society in order if bounds.lacking.get(society)]
        self._order = [*self._short, *(each for each in order if each not in self._short)]
        self._aims = Aims(bounds, engine=engine, short=self._short)
        self._largest = bounds.largest
        if self._short:
            self._largest = bounds.find_lent(Objective.LARGEST_DEVIATION)
        self._barred = set(self._short)
        """Those who cannot lend."""

    def run(self) -> bool:
        """Seat everybody, then better what is not as fair as it could be; say if all are seated."""
        if not self._seat_the_short() or not self._seat_all():
            # Who lends what, and how fair that is, only the search of all societies can say.
            return False
        for _ in range(_ROUNDS):
            before = dict(self.draft.merits)
            for society in self._unfair():
                if not self._engine.is_over:
                    self._improve(frozenset({society}))
            for society in self._unfair():
                self._improve_with_another(society)
            self._tell_how_fair()
            if self.draft.merits == before:
                break
        return True

    def _tell_how_fair(self) -> None:
        if not self._short:
            deviation = sum(each for each, _ in self.draft.merits.values())
            self._tell(Objective.DEVIATION, deviation, self._bounds.deviation)

    def _seat_the_short(self) -> bool:
        """Let those who lack people hold what they can, and choose who lends the rest."""
        for society in self._short:
            if not self._leave(society):
                return False
        self.frame = self.frame.lend(self._find_beyond())
        for society in self._short:
            self._begin(society)
        return not self._short or self._spread()

    def _leave(self, society: int) -> bool:
        """Hold as many seats as can be, on dates that others give; what is left is to be lent."""
        own = frozenset({society})
        decided = {of for of, _ in self.draft.beyond}
        waiting = frozenset(self._order) - own - decided
        with self._engine.within(_TO_LEAVE) as lent:
            model = self._look_beside(own, unstaffed=waiting)
            left = cp_model.LinearExpr.sum(list(model.uncovered.values()))
            model.cp.add(left >= self._bounds.lacking[society])
            alone = hint_from(model, held=self._bounds.alone[society], owned={})
            outcome = lent.run(model.cp, Task(left, hint=alone, is_kept=True, part=_TO_LEAVE))
            if outcome is None or outcome.value > self._bounds.lacking[society]:
                # Others cannot give these dates.
                hint = dict(enumerate(outcome.solution)) if outcome else self._hint(model)
                better = lent.run(model.cp, Task(left, hint=hint, is_tight=True))
                outcome = better or outcome
        if outcome is None:
            return False
        self.draft.note(model, outcome.solution, own | waiting)
        for number, uncovered in model.uncovered.items():
            if outcome.solution[uncovered.index]:
                self.draft.beyond[society, number] = -outcome.solution[uncovered.index]
        return True

    def _find_beyond(self) -> Counter[tuple[int, Cell]]:
        """Count by cell what the people of each society hold beyond what it owes."""
        found: Counter[tuple[int, Cell]] = Counter()
        for (society, number), seats in self.draft.beyond.items():
            found[society, self.frame.rows[number].cell] += seats
        return found

    def _spread(self) -> bool:
        """Choose who lends what nobody lends yet; say if there is anybody."""
        among = [each for each in self._order if each not in self._barred]
        kept = Counter({key: n for key, n in self.frame.beyond.items() if key[0] in among})
        settled = self._find_beyond()
        short = Counter({key: n for key, n in settled.items() if key[0] in self._short})
        left: Counter[Cell] = Counter()
        for (_, cell), seats in (*short.items(), *kept.items()):
            left[cell] -= seats
        if not among:
            return not +left
        lenders = Lenders(self.frame, largest=self._largest)
        lent = lenders.choose(+left, kept=kept, among=among)
        self._aims.fair |= lenders.find_fair(lent, among=among)
        self._largest = lenders.largest
        for more in lent - kept:
            # Who was seated before lends more now, and is seated anew.
            self.draft.merits.pop(more[0], None)
        self.frame = self.frame.lend(short + lent)
        return True

    def _seat_all(self) -> bool:
        while waiting := self._waiting():
            society = waiting[0]
            self._begin(society)
            if self.is_outdated:
                return False
            empty = sum(each.radiologist is None for each in self.frame.settled)
            self._tell(Objective.COVER, empty + self._count_open(), empty)
            if society in self.draft.merits:
                continue
            self._barred.add(society)
            if not self._lends(society) or not self._spread():
                self.stuck.add(society)
        return not self.stuck

    def _waiting(self) -> list[int]:
        return [each for each in self._order if each not in self.draft.merits.keys() | self.stuck]

    def _lends(self, society: int) -> bool:
        return any(of == society and seats > 0 for (of, _), seats in self.frame.beyond.items())

    def _begin(self, society: int) -> None:
        """Seat the people of one society; its dates may go to others that are not seated yet."""
        own = frozenset({society})
        merits = self.draft.merits
        waiting = [each for each in self._waiting() if each != society]
        if not self._improve(own, part=max(_PART, _TO_SEAT / (1 + len(waiting)))):
            self._fill(own)
        if society not in merits and self._is_found_short(society):
            return
        for tried, partner in enumerate(reversed(waiting)):
            if society in merits and (tried >= _PARTNERS or not self._may_better(society)):
                return
            if not self._engine.is_over:
                part = _TO_BETTER if society in merits else _PART
                self._improve(own, unstaffed=frozenset({partner}), part=part)
        if not self._lends(society):
            # Rather than all that, another one would lend.
            self._begin_with_another(society)

    def _may_better(self, society: int) -> bool:
        """Say whether a society that sits could be fairer, and others do not wait too long."""
        due = sum(row.size for row in self.frame.rows)
        late = self._engine.used > _EARLY + _PACE * (1 - self._count_open() / due)
        return not late and society in self._unfair()

    def _count_open(self) -> int:
        return sum(row.size for row in self.frame.rows) - len(self.draft.held)

    def _begin_with_another(self, society: int) -> None:
        merits = self.draft.merits
        for partner in reversed([each for each in self._order if each in merits]):
            if society in merits or self._engine.is_over:
                return
            self._improve(frozenset({society, partner}))

    def _is_found_short(self, society: int) -> bool:
        """Say whether a society lacks people of which that was not known."""
        if society not in self._bounds.lacking:
            found = self._bounds.find_lacking([society], engine=self._engine)
            self.is_outdated = found > 0
        return self.is_outdated

    def _fill(self, own: frozenset[int]) -> None:
        """Hold as many seats as can be, however unfair; what is left is for others to lend."""
        with self._engine.within(_PART) as lent:
            model = self._look_beside(own)
            left = cp_model.LinearExpr.sum(list(model.uncovered.values()))
            outcome = lent.run(model.cp, Task(left, hint=self._hint(model), is_tight=True))
        if outcome is None:
            if own.isdisjoint(self._short):
                # What they hold may not go with what was decided since.
                self.draft.forget(own)
            return
        self.draft.note(model, outcome.solution, own)
        if not outcome.value:
            self.draft.merits |= dict.fromkeys(own, _ANYHOW)

    def _improve_with_another(self, society: int) -> None:
        for partner in reversed(self._order):
            if self._engine.is_over or society not in self._unfair():
                return
            if partner not in {society, *self._short}:
                self._improve(frozenset({society, partner}))

    def _unfair(self) -> list[int]:
        """List who may become fairer; of those who lack people, nobody knows how fair they can."""
        return [
            society
            for society in self._order
            if society not in self._short and not self._aims.are_met(society, self.draft)
        ]

    def _improve(
        self,
        societies: frozenset[int],
        *,
        unstaffed: frozenset[int] = frozenset(),
        part: float = _PART,
    ) -> bool:
        """Look for something better for one or two societies; others keep what they have.

        Returns
        -------
        bool
            Something was found, though it may be no better, or it is sure that there is nothing.
        """
        merits = self.draft.merits
        before = [merits.get(society, _WORST) for society in sorted(societies)]
        with self._engine.within(part) as lent:
            model = self._look_beside(societies, unstaffed=unstaffed)
            add_fairness(model, is_whole=True)
            deviation = model.cost(Objective.DEVIATION)
            least = sum(self._aims.fair[society] for society in societies)
            model.cp.add(deviation >= least)
            if not unstaffed and sum(deviation for deviation, _ in before) == least:
                model.cp.add(deviation <= least)
            near, aim = price_near(model), self._aims.find_least(societies)
            # Whoever is less fair may pay less.
            model.cp.add(near + aim * (deviation - least) >= aim)
            weighed = FAIR * deviation + self._price_excess(model, societies) + near
            weighed = _WISH * weighed + model.cost(Objective.COVER)
            outcome = lent.run(model.cp, Task(weighed, hint=self._hint(model), tolerance=_WISH - 1))
        if outcome is None:
            return lent.found_none
        found = self._aims.rate(model, outcome.solution, societies=societies)
        if add_up(found.values()) < add_up(before):
            merits |= found
            self.draft.note(model, outcome.solution, societies | unstaffed)
            largest = model.evaluate(Objective.LARGEST_DEVIATION, outcome.solution)
            self._largest = max(self._largest, largest)
        return True

    def _price_excess(self, model: RosterModel, societies: frozenset[int]) -> cp_model.LinearExpr:
        """Forbid that anybody deviates more than needs be; those who lack people pay for it."""
        largest = model.cost(Objective.LARGEST_DEVIATION)
        if societies.isdisjoint(self._short):
            model.cp.add(largest <= self._largest)
            return _NOTHING
        excess = model.cp.new_int_var(0, _WORST[0], "")
        model.cp.add(excess >= largest - self._largest)
        return FAIR * len(model.held) * excess

    def _look_beside(
        self, societies: frozenset[int], *, unstaffed: frozenset[int] = frozenset()
    ) -> RosterModel:
        around = Neighbours(self.frame, self.draft, open_handed=self.stuck)
        return around.look_beside(societies, unstaffed=unstaffed)

    def _hint(self, model: RosterModel) -> Hint:
        hint = dict(hint_from(model, held=self.draft.held, owned=self.draft.owned))
        for key, beyond in model.beyond.items():
            hint[beyond.index] = self.draft.beyond.get(key, 0)
        return hint

    def open_guards(self) -> None:
        """Uncover a seat of each guard that is full and lacks a skill: the search may do better."""
        for place, demand in enumerate(self.frame.problem.demands):
            rows = {row.number for row in self.frame.rows if place in row.demands}
            kept = [each for each in self.frame.settled if each.seat.id in demand.seats]
            holders = sorted(key for key in self.draft.held if key[1] in rows)
            people = {who for who, _ in holders} | {each.radiologist for each in kept}
            skills = {
                skill
                for person in self.frame.people
                if person.reader.id in people
                for skill in person.reader.skills
            }
            is_full = len(holders) + len(kept) == len(demand.seats)
            if holders and is_full and not demand.skills <= skills:
                self.draft.held.discard(holders[0])


_NOTHING = cp_model.LinearExpr.sum([])
