"""How far every society may still fall behind or run ahead, when two exchange their places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.planning.domain.sharing.columns import Cell, Column
from app.planning.domain.sharing.solve import Limits

UNCOUNTED = -1
"""The group of a place that no counter counts."""


@dataclass(slots=True)
class Lineup:
    """Who is served at each place of a column, and what is counted there.

    Parameters
    ----------
    holders, groups
        By place, from 1; at 0 there is nobody.
    movable
        Places that may change hands.
    """

    column: Column
    holders: list[int]
    groups: Sequence[int]
    movable: frozenset[int]


class Room:
    """What limits of deviation leave, at every place of a column.

    Societies are bits of a number where only some of them matter at a place.
    """

    def __init__(self, lineup: Lineup, limit: Limits) -> None:
        self._lineup = lineup
        column = lineup.column
        self._ahead: list[list[int]] = []
        self._behind: list[list[int]] = []
        for society, cell in enumerate(column.cells):
            ahead, behind = _measure(cell, column, limit=limit, served=_serve(lineup, society))
            self._ahead.append(ahead)
            self._behind.append(behind)
        self._full = [_mark(at) for at in zip(*self._ahead, strict=True)]
        self._short = [_mark(at) for at in zip(*self._behind, strict=True)]
        self._in_part = any(cell.first > 1 or cell.last < column.seats for cell in column.cells)

    def partners(self, place: int) -> Iterator[int]:
        """List the places that can be exchanged with this one."""
        for there in self._later(place):
            if self._may(place, there):
                yield there
        for there in self._earlier(place):
            if self._may(place, there):
                yield there

    def _later(self, place: int) -> Iterator[int]:
        """Those after it: until then its holder falls behind, and the other one runs ahead."""
        holders = self._lineup.holders
        behind = self._behind[holders[place]]
        barred = 1 << holders[place]
        for there in range(place + 1, len(holders)):
            if behind[there - 1] < 1:
                return
            barred |= self._full[there - 1]
            if not barred >> holders[there] & 1:
                yield there

    def _earlier(self, place: int) -> Iterator[int]:
        """Those before it: from then on its holder runs ahead, and the other one falls behind."""
        holders = self._lineup.holders
        ahead = self._ahead[holders[place]]
        barred = 1 << holders[place]
        for there in range(place - 1, 0, -1):
            if ahead[there] < 1:
                return
            barred |= self._short[there]
            if not barred >> holders[there] & 1:
                yield there

    def _may(self, place: int, there: int) -> bool:
        """Are both members at the place that they would get?"""
        if not self._in_part:
            return True
        holders, cells = self._lineup.holders, self._lineup.column.cells
        giver, taker = cells[holders[place]], cells[holders[there]]
        return giver.first <= there <= giver.last and taker.first <= place <= taker.last

    def note(self, place: int, other: int) -> None:
        """Take note that the holders of two places have been exchanged."""
        first, last = min(place, other), max(place, other)
        holders = self._lineup.holders
        for society, change in ((holders[first], -1), (holders[last], 1)):
            ahead, behind = self._ahead[society], self._behind[society]
            others = ~(1 << society)
            for here in range(first, last):
                ahead[here] += change
                behind[here] -= change
                full, short = int(ahead[here] < 1), int(behind[here] < 1)
                self._full[here] = self._full[here] & others | full << society
                self._short[here] = self._short[here] & others | short << society


def _serve(lineup: Lineup, society: int) -> list[int]:
    served, count = [0], 0
    for holder in lineup.holders[1:]:
        count += holder == society
        served.append(count)
    return served


def _measure(
    cell: Cell, column: Column, *, limit: Limits, served: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Say by how many seats a society may run ahead and fall behind at each place."""
    if cell.in_debt:
        anything = [column.seats] * len(served)
        return anything, list(anything)
    low, high = _corridor(cell.spread, limit.spread, column.unit)
    if limit.exact is not None:
        low_exact, high_exact = _corridor(cell.exact, limit.exact, column.unit)
        low = list(map(max, low, low_exact))
        high = list(map(min, high, high_exact))
    return (
        [most - got for most, got in zip(high, served, strict=True)],
        [got - least for least, got in zip(low, served, strict=True)],
    )


def _corridor(line: Sequence[int], limit: int, unit: int) -> tuple[list[int], list[int]]:
    return (
        [-((limit - at) // unit) for at in line],
        [(at + limit) // unit for at in line],
    )


def _mark(at: Sequence[int]) -> int:
    """Mark the societies that have no room left."""
    return sum(1 << society for society, left in enumerate(at) if left < 1)
