"""The model: who holds how many seats of which row, and what each objective costs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Frame, Person
from app.adapters.solver.rows import Cell, Row
from app.planning.domain.roster.problem import Objective
from app.planning.domain.roster.profile import Rule

PRICE = 10
"""Of a soft rule that is broken once; the strongest wish weighs 3."""


class Lending(StrEnum):
    """May people sit for other societies than their own?"""

    NONE = "none"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which one person sits, works for sure, or may sit.

    Parameters
    ----------
    start, end, rest_from
        Seconds since the epoch.
    seats
        One variable for each row of these very hours in one lane; at most one is true.
    is_sure
        They work, whatever the variables say.
    is_on_site
        They stand in a site, and may sit at a distance as well.
    """

    start: int
    end: int
    rest_from: int
    seats: tuple[cp_model.IntVar, ...] = ()
    is_sure: bool = False
    is_on_site: bool = False


def _rank(span: Span) -> tuple[int, int, bool, bool]:
    return span.start, span.end, span.is_sure, span.is_on_site


class RosterModel:
    """Variables for eligible pairs only, and the price of each objective.

    Parameters
    ----------
    lending
        Without it, people sit on seats of their own society only; a roster that covers everything
        so is as good as any with it.
    """

    def __init__(self, frame: Frame, *, lending: Lending) -> None:
        self.frame = frame
        self.lending = lending
        self.cp = cp_model.CpModel()
        self.held: dict[tuple[int, int], cp_model.IntVar] = {}
        self.owned: dict[tuple[int, int], cp_model.IntVar | int] = {}
        self.uncovered: dict[int, cp_model.IntVar] = {}
        self.lent: dict[tuple[int, int], cp_model.IntVar] = {}
        self.beyond: dict[tuple[int, int], cp_model.IntVar] = {}
        self.spans: dict[int, tuple[Span, ...]] = {}
        self._terms: defaultdict[Objective, list[tuple[cp_model.IntVar, int]]] = defaultdict(list)
        self._sure: defaultdict[Objective, int] = defaultdict(int)
        for person in frame.people:
            self._seat(person)
            self.spans[person.reader.id] = tuple(self._make_spans(person))

    def _seat(self, person: Person) -> None:
        for number, society in person.societies.items():
            if self.lending is Lending.ALL or self.frame.may_hold(society, self.frame.rows[number]):
                key = (person.reader.id, number)
                self.held[key] = self.cp.new_bool_var("")

    def _make_spans(self, person: Person) -> Iterator[Span]:
        together: defaultdict[tuple[int, int, bool], list[cp_model.IntVar]] = defaultdict(list)
        for number in person.societies:
            variable = self.held.get((person.reader.id, number))
            if variable is not None:
                row = self.frame.rows[number]
                together[row.start, row.end, row.is_on_site].append(variable)
        spans = [
            Span(start, end, end, tuple(own), is_on_site=is_on_site)
            for (start, end, is_on_site), own in together.items()
        ]
        spans += [
            Span(each.start, each.end, each.rest_from, is_sure=True, is_on_site=each.is_on_site)
            for each in person.sure
        ]
        return iter(sorted(spans, key=_rank))

    def holders(self, row: Row) -> list[cp_model.IntVar]:
        """List the variables of all who may hold a seat of the row."""
        return [
            self.held[person.reader.id, row.number]
            for person in self.frame.people
            if (person.reader.id, row.number) in self.held
        ]

    def members(self, row: Row, *, society: int) -> list[cp_model.IntVar]:
        """List the variables of those who would hold a seat of the row as this society's."""
        return [
            self.held[person.reader.id, row.number]
            for person in self.frame.people
            if person.societies.get(row.number) == society
            and (person.reader.id, row.number) in self.held
        ]

    def shares(self, person: Person, *, society: int) -> list[tuple[cp_model.IntVar, Cell]]:
        """List what a person may hold as a member of the society, and in which cells."""
        return [
            (self.held[person.reader.id, number], self.frame.rows[number].cell)
            for number, of in person.societies.items()
            if of == society and (person.reader.id, number) in self.held
        ]

    def price(self, objective: Objective, variable: cp_model.IntVar, each: int = 1) -> None:
        """Let an objective cost so much for each unit of a variable."""
        self._terms[objective].append((variable, each))

    def price_sure(self, objective: Objective, amount: int) -> None:
        """Let an objective cost so much, whatever is decided."""
        self._sure[objective] += amount

    def cost(self, objective: Objective) -> cp_model.LinearExpr:
        """Give what an objective costs."""
        terms = self._terms[objective]
        variables, each = [term[0] for term in terms], [term[1] for term in terms]
        return cp_model.LinearExpr.weighted_sum(variables, each) + self._sure[objective]

    def evaluate(self, objective: Objective, solution: Sequence[int]) -> int:
        """Say what an objective costs in a solution."""
        terms = self._terms[objective]
        return self._sure[objective] + sum(each * solution[of.index] for of, each in terms)

    def sure_cost(self, objective: Objective) -> int:
        """Give the part of the cost that nothing can change."""
        return self._sure[objective]

    def limit(
        self,
        person: Person,
        rule: Rule,
        spans: Sequence[Span],
        *,
        most: int,
        unless: Iterable[Span] = (),
    ) -> None:
        """Let a person hold at most so many of these spans, and one more for each of `unless`.

        A statute may let the rule be bought; what is sure already is never held against anybody.
        """
        relaxing = list(unless)
        most += sum(span.is_sure for span in relaxing) - sum(span.is_sure for span in spans)
        open_spans = [span for span in spans if not span.is_sure]
        if not 0 <= most < len(open_spans):
            return
        plus = [seat for span in relaxing for seat in span.seats]
        if rule in person.reader.profile.soft:
            bought = self.cp.new_bool_var("")
            self.price(Objective.WISHES, bought, PRICE)
            plus.append(bought)
        seats = [seat for span in open_spans for seat in span.seats]
        if len(seats) == most + 1:
            self.cp.add_bool_or([*(~seat for seat in seats), *plus])
        else:
            self.cp.add(cp_model.LinearExpr.sum(seats) - cp_model.LinearExpr.sum(plus) <= most)
