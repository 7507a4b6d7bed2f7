"""Bring the totals of the societies over all kinds within their bounds, by moving few seats.

Every place, turn and society is a node of one flow network with lower bounds; a society above its
bound gives a seat away, and the places move along one simple path of the residual network until a
society takes it. When there is no path, no sharing keeps the windows and the totals (max-flow
min-cut), so that the answer is exact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.planning.domain.sharing.order import Order

_Place = tuple[int, int]
"""Of which order, and where."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most seats of a society over all kinds, those that it keeps included."""

    low: int
    high: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Step:
    """A turn that moves to a place."""

    place: _Place
    society: int
    turn: int


def balance(orders: Sequence[Order], *, bounds: Sequence[Bounds]) -> bool:
    """Move seats until every total is within its bounds; `False` when that is impossible.

    The orders are changed in place.
    """
    return _Flow(orders, bounds).settle()


class _Flow:
    def __init__(self, orders: Sequence[Order], bounds: Sequence[Bounds]) -> None:
        self._orders = orders
        self._bounds = bounds
        self._totals = [
            each.kept + sum(order.count(society) for order in orders)
            for society, each in enumerate(bounds)
        ]

    def settle(self) -> bool:
        numbered = list(enumerate(self._bounds))
        for society, bound in numbered:
            while self._totals[society] > bound.high:
                room = {other for other, each in numbered if self._totals[other] < each.high}
                lacking = {other for other, each in numbered if self._totals[other] < each.low}
                if not (lacking and self._move([society], lacking)) and not self._move(
                    [society], room
                ):
                    return False
        for society, bound in numbered:
            while self._totals[society] < bound.low:
                givers = [other for other, each in numbered if self._totals[other] > each.low]
                if not self._move(givers, {society}):
                    return False
        return True

    def _move(self, givers: Iterable[int], takers: set[int]) -> bool:
        """Move one seat from a giver to a taker along a shortest path."""
        frontier = list(givers)
        reached: dict[int, _Step | None] = dict.fromkeys(frontier)
        vacated: dict[_Place, _Step | int] = {}
        for society in frontier:
            for place in self._droppable(society):
                if place in vacated:
                    continue
                vacated[place] = society
                for step in self._follow(place, vacated):
                    if step.society in reached:
                        continue
                    reached[step.society] = step
                    if step.society in takers:
                        self._apply(step, reached, vacated)
                        return True
                    frontier.append(step.society)
        return False

    def _droppable(self, society: int) -> list[_Place]:
        return [
            (number, place)
            for number, order in enumerate(self._orders)
            for turn, place in enumerate(order.places[society])
            if place and not order.windows.is_needed(society, turn)
        ]

    def _follow(self, start: _Place, vacated: dict[_Place, _Step | int]) -> list[_Step]:
        """Follow the chain of moves from a vacated place to the turns that nobody serves yet."""
        found = []
        number = start[0]
        order = self._orders[number]
        frontier = [start]
        for here in frontier:
            for society in range(len(order.places)):
                for turn in order.windows.at(society, here[1]):
                    there = (number, order.places[society][turn])
                    if there[1] == 0:
                        found.append(_Step(here, society, turn))
                    elif there not in vacated:
                        vacated[there] = _Step(here, society, turn)
                        frontier.append(there)
        return found

    def _apply(
        self,
        last: _Step,
        reached: dict[int, _Step | None],
        vacated: dict[_Place, _Step | int],
    ) -> None:
        self._totals[last.society] += 1
        step: _Step | None = last
        while step is not None:
            giver = self._shift(step, vacated)
            step = reached[giver]
            if step is None:
                self._totals[giver] -= 1

    def _shift(self, step: _Step, vacated: dict[_Place, _Step | int]) -> int:
        """Move the turns of one kind along the chain, and return the society that gives a seat."""
        order = self._orders[step.place[0]]
        while True:
            number, place = step.place
            leaving, turn = order.served[place]
            order.put(step.society, turn=step.turn, place=place)
            came = vacated[number, place]
            if not isinstance(came, _Step):
                order.places[leaving][turn] = 0
                return came
            step = came
