"""One kind of seat of a period, as exact integers: lines of right, bounds, what is kept."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

_FAR = 1 << 40
"""A place in the order that no period reaches."""


_Line = tuple[list[int], list[int]]


@dataclass(slots=True)
class Cell:
    """A society in a column.

    Parameters
    ----------
    entitled
        E, in millionths.
    spread
        At each place of the order (0: none served yet), E in proportion to the places, in units
        of the column.
    exact
        The same with the opening balance as a whole from the start: what it is owed by then.
    low, high
        The least and the most of its seats.
    kept
        Seats that it keeps, at each place.
    first, last
        Places between which it may be served (a member of part of the period).
    pace
        What a further place adds to `exact` after the end, in units.
    steady
        Neither line ever falls, and nothing is kept.
    """

    entitled: int
    spread: list[int]
    exact: list[int]
    low: int
    high: int
    kept: list[int]
    first: int
    last: int
    pace: int
    steady: bool

    @property
    def in_debt(self) -> bool:
        """Is it entitled to less than nothing?"""
        return self.entitled < 0


@dataclass(slots=True)
class Column:
    """All societies, in the order of their names, for one kind of seat.

    Parameters
    ----------
    unit
        A whole guard, in the unit of the lines: the same for all columns of a period.
    free
        Places that the sharing fills, in order; places count from 1.
    """

    unit: int
    cells: list[Cell]
    seats: int
    free: list[int]
    _spread: list[_Line] = field(init=False, repr=False)
    _exact: list[_Line] = field(init=False, repr=False)
    _known: dict[tuple[int, int | None], list[tuple[int, int, int]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the lines in which windows are looked up."""
        self._known = {}
        self._spread = [self._bend(cell, cell.spread) for cell in self.cells]
        self._exact = [self._bend(cell, cell.exact) for cell in self.cells]

    def _bend(self, cell: Cell, line: list[int]) -> _Line:
        """Give what the free seats must follow: two lines that never fall.

        The first tells how early a seat may come (nothing that follows forbids it), the second how
        late (something before may have asked for it).
        """
        if cell.steady:
            return line, line
        first = self.free[0] if self.free else self.seats + 1
        rest = line
        if cell.kept[-1]:
            rest = [at - kept * self.unit for at, kept in zip(line, cell.kept, strict=True)]
        early = list(accumulate(reversed(rest), min))[::-1]
        late = [-_FAR * self.unit] * first + list(accumulate(rest[first:], max))
        return early, late

    def windows(self, limit: int, *, exact_limit: int | None) -> "Windows":
        """Say between which places each seat of each society has to come.

        Parameters
        ----------
        limit
            The largest deviation from `spread` at any place from the first free one on, in units.
        exact_limit
            The same from `exact`; `None`: any.
        """
        firsts, lasts, keys = [], [], []
        for number, cell in enumerate(self.cells):
            found = self._windows_of(number, cell, limit, exact_limit)
            firsts.append([each[0] for each in found])
            lasts.append([each[1] for each in found])
            keys.append([each[2] for each in found])
        return Windows(firsts, lasts, keys, self.seats)

    def _windows_of(
        self, number: int, cell: Cell, limit: int, exact_limit: int | None
    ) -> list[tuple[int, int, int]]:
        unit, end = self.unit, self.seats
        early, late = self._spread[number]
        # A debt is not paid within the period: no line can be followed.
        bound = not cell.in_debt
        found = []
        for turn, (opens, closes, urgency) in enumerate(self._owed_windows(number, exact_limit)):
            first, last = opens, closes
            if bound:
                first = max(opens, bisect_left(early, (turn + 1) * unit - limit))
                last = min(closes, max(bisect_right(late, turn * unit + limit), 1))
            key = last if last <= end else end + 1 + urgency
            found.append((first, min(last, cell.last), key))
        return found

    def _owed_windows(self, number: int, limit: int | None) -> list[tuple[int, int, int]]:
        """Give the windows that what is owed by then allows, with the urgency of each turn."""
        known = self._known.get((number, limit))
        if known is not None:
            return known
        cell, unit = self.cells[number], self.unit
        early, late = self._exact[number]
        found = []
        for turn in range(cell.high - cell.kept[-1]):
            first, last = max(cell.first, 1), self.seats + 1
            if limit is not None and not cell.in_debt:
                first = max(first, bisect_left(early, (turn + 1) * unit - limit))
                last = max(bisect_right(late, turn * unit + limit), 1)
            if turn < cell.low - cell.kept[-1]:
                last = min(last, self.seats)
            found.append((first, last, self._urgency(cell, turn + 1)))
        self._known[number, limit] = found
        return found

    def _urgency(self, cell: Cell, turn: int) -> int:
        """Say after how many places more the society would be a whole guard behind."""
        behind = (turn + cell.kept[-1]) * self.unit - cell.exact[-1]
        return max(behind, 0) // cell.pace if cell.pace else _FAR

    def residues(self) -> list[int]:
        """List the deviations below one guard that a society can have at any place."""
        unit = self.unit
        found = {at % unit for cell in self.cells if not cell.in_debt for at in cell.spread[1:]}
        return sorted(found | {unit - each for each in found})

    def least_limit(self) -> int:
        """Give a deviation from `spread` that no order of the seats can stay below."""
        if len(self.free) < self.seats:
            return 0
        unit = self.unit
        lines = [cell.spread for cell in self.cells if not cell.in_debt]
        worst = 0
        for place in range(1, self.seats + 1):
            at = [line[place] for line in lines]
            up = place - sum(each // unit for each in at)
            parts = sorted((each % unit for each in at), reverse=True)
            if not 0 <= up <= len(parts):
                return unit
            if up:
                worst = max(worst, unit - parts[up - 1])
            if up < len(parts):
                worst = max(worst, parts[up])
        return worst


@dataclass(slots=True)
class Windows:
    """Between which places the seats of a column have to come, by society and turn (from 0).

    Parameters
    ----------
    keys
        The smaller, the more urgent; beyond the last place: the society can do without.
    """

    firsts: Sequence[Sequence[int]]
    lasts: Sequence[Sequence[int]]
    keys: Sequence[Sequence[int]]
    seats: int

    def is_needed(self, society: int, turn: int) -> bool:
        """Must the society have it?"""
        return self.keys[society][turn] <= self.seats

    def at(self, society: int, place: int) -> range:
        """List the turns of a society that may come at a place."""
        return range(
            bisect_left(self.lasts[society], place), bisect_right(self.firsts[society], place)
        )
