"""Who lends what others cannot staff: those whom it leaves the fairest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.adapters.solver.counts import CountModel
from app.adapters.solver.fairness import (
    find_contests,
    find_least_largest,
    find_least_sum,
    worth_of,
)
from app.adapters.solver.frame import Frame
from app.adapters.solver.rows import Cell
from app.planning.domain.roster import problem

Lent = Counter[tuple[int, Cell]]
"""By society and cell, how many seats its people hold for others."""

Price = tuple[int, int]
"""How far the largest deviation goes beyond what was aimed at; the sum of deviations."""

Offer = tuple[int, int, float, int, Cell]
"""What one seat more costs, beside what was lent already; by whom, and in which cell."""


class Lenders:
    """Chooses who lends, by how fair each society can still be (how many seats each, not when).

    Parameters
    ----------
    largest
        The largest deviation that somebody must have in any case.
    """

    def __init__(self, frame: Frame, *, largest: int) -> None:
        self.largest = largest
        self._frame = frame
        self._contests = {
            society: [
                (counter, contest)
                for counter in (None, *problem.Counter)
                for contest in find_contests(CountModel(frame.look_at(society)), counter=counter)
            ]
            for society in frame.societies
        }
        self._prices: dict[tuple[int, frozenset[tuple[Cell, int]]], Price] = {}

    def choose(self, left: Mapping[Cell, int], *, kept: Lent, among: Sequence[int]) -> Lent:
        """Share out the seats that are left between these societies, beside what is lent already.

        Parameters
        ----------
        among
            At least one.
        """
        lent = Counter(kept)
        rest = Counter(left)
        while +rest:
            *_, society, cell = min(self._offer(rest, lent, among=among))
            lent[society, cell] += 1
            rest[cell] -= 1
        return lent

    def find_fair(self, lent: Lent, *, among: Sequence[int]) -> dict[int, int]:
        """Say how small the sum of deviations of each society can be, if it lends this."""
        prices = {society: self._price(society, lent) for society in among}
        self.largest += max(excess for excess, _ in prices.values())
        return {society: deviation for society, (_, deviation) in prices.items()}

    def _offer(
        self, rest: Mapping[Cell, int], lent: Lent, *, among: Sequence[int]
    ) -> Iterator[Offer]:
        """Say what one seat more costs each society; alike, it is for who lent the least yet."""
        for society in among:
            before = self._price(society, lent)
            due = sum(seats for (of, _), seats in self._frame.due.items() if of == society)
            load = sum(seats for (of, _), seats in lent.items() if of == society)
            for cell in (each for each, seats in rest.items() if seats > 0):
                after = self._price(society, lent + Counter({(society, cell): 1}))
                relative = (load + 1) / max(1, due)
                yield after[0] - before[0], after[1] - before[1], relative, society, cell

    def _price(self, society: int, lent: Lent) -> Price:
        own = frozenset((cell, seats) for (of, cell), seats in lent.items() if of == society)
        if (society, own) not in self._prices:
            self._prices[society, own] = self._find_price(society, own)
        return self._prices[society, own]

    def _find_price(self, society: int, own: frozenset[tuple[Cell, int]]) -> Price:
        excess = deviation = 0
        for counter, contest in self._contests[society]:
            beyond = sum(worth_of(cell, counter=counter) * seats for cell, seats in own)
            after = replace(contest, together=contest.together + beyond)
            deviation += find_least_sum(after)
            if counter is None:
                excess = max(0, find_least_largest(after) - self.largest)
        return excess, deviation
