"""The exact model of a period: what bounds hold, in the order of the objectives."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.planning.domain.sharing.columns import Column
from app.planning.domain.sharing.order import Order, fill
from app.planning.domain.sharing.totals import Bounds, balance


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest deviations of a column that are allowed, in units.

    Parameters
    ----------
    spread
        From the entitlement in proportion to the places.
    exact
        From what is owed by then, the opening balance included; `None`: any.
    """

    spread: int
    exact: int | None


@dataclass(frozen=True, slots=True)
class Solved:
    """Orders within the smallest limits."""

    columns: Sequence[Column]
    orders: list[Order]
    limits: list[Limits]


def solve(columns: Sequence[Column], *, bounds: Sequence[Bounds]) -> Solved:
    """Find orders whose largest deviations are as small as possible.

    In this order: cells and totals within their bounds; no place a guard or more from what is owed
    by then, where that is possible, else the least; the largest deviation from the spread
    entitlement, over all kinds; then that of each kind, in the order of the kinds.

    Raises
    ------
    ValueError
        If no order keeps the bounds of cells and totals, whatever the deviations.
    """
    return _Model(columns, bounds).solve()


def can_keep(columns: Sequence[Column], *, bounds: Sequence[Bounds]) -> bool:
    """Can the bounds of cells and totals be kept, whatever the deviations?"""
    anything = [Limits(column.unit << 20, None) for column in columns]
    return _Model(columns, bounds).try_limits(anything) is not None


class _Model:
    def __init__(self, columns: Sequence[Column], bounds: Sequence[Bounds]) -> None:
        self._columns = columns
        self._bounds = bounds
        self._residues = [column.residues() for column in columns]

    def solve(self) -> Solved:
        alone = [self._solve_alone(number) for number in range(len(self._columns))]
        found = self.try_limits(alone)
        if found is not None:
            return Solved(self._columns, found, alone)
        return self._solve_together(alone)

    def try_limits(self, limits: Sequence[Limits]) -> list[Order] | None:
        """Give orders within the limits, or nothing."""
        orders = []
        for column, limit in zip(self._columns, limits, strict=True):
            order = _fill(column, limit)
            if order is None:
                return None
            orders.append(order)
        return orders if balance(orders, bounds=self._bounds) else None

    def _solve_alone(self, number: int) -> Limits:
        """Find the limits of a column as if there were no other."""
        column = self._columns[number]
        exact = self._least_exact(
            [number], lambda limit: _fill(column, Limits(column.unit - 1, limit)) is not None
        )
        least = column.least_limit()
        if _fill(column, Limits(least, exact)) is not None:
            return Limits(least, exact)
        spread = self._least(
            [number],
            lambda limit: _fill(column, Limits(limit, exact)) is not None,
            above=least,
        )
        return Limits(spread, exact)

    def _solve_together(self, alone: Sequence[Limits]) -> Solved:
        """Loosen all kinds alike until the totals are kept, then tighten each as far as it goes."""
        every = range(len(self._columns))
        unit = self._columns[0].unit

        def keeps(spread: int, exact: int | None) -> bool:
            return self.try_limits(_loosen(alone, spread, exact)) is not None

        exact: int | None = 0
        if not keeps(unit - 1, 0):
            exact = self._least_exact(every, lambda limit: keeps(unit - 1, limit))
        spread = self._least(every, lambda limit: keeps(limit, exact), above=0)
        limits = _loosen(alone, spread, exact)
        for number in every:
            limits[number] = self._tighten(limits, number, alone[number])
        orders = self.try_limits(limits)
        if orders is None:
            msg = "a sharing that was found is not found again"
            raise AssertionError(msg)
        return Solved(self._columns, orders, limits)

    def _tighten(self, limits: list[Limits], number: int, alone: Limits) -> Limits:
        now = limits[number]

        def keeps(spread: int) -> bool:
            tried = [*limits[:number], Limits(spread, now.exact), *limits[number + 1 :]]
            return self.try_limits(tried) is not None

        if now.spread <= alone.spread or keeps(alone.spread):
            return Limits(min(now.spread, alone.spread), now.exact)
        return Limits(self._least([number], keeps, above=alone.spread, most=now.spread), now.exact)

    def _least_exact(
        self, numbers: Sequence[int], keeps: Callable[[int | None], bool]
    ) -> int | None:
        """Find the smallest limit, from just below a guard on; none when only none will do."""
        unit = self._columns[0].unit
        if keeps(unit - 1):
            return unit - 1
        if not keeps(None) or not keeps(3 * unit):
            return None
        residues = sorted(
            {
                sign * at % unit
                for number in numbers
                for cell in self._columns[number].cells
                for at in cell.exact[1:]
                for sign in (1, -1)
            }
        )
        values = [whole + each for whole in (unit, 2 * unit) for each in residues]
        return _first(values, keeps, highest=3 * unit)

    def _least(
        self,
        numbers: Sequence[int],
        keeps: Callable[[int], bool],
        *,
        above: int,
        most: int | None = None,
    ) -> int:
        """Find the smallest limit of the spread deviations; it is one that can be reached."""
        unit = self._columns[0].unit
        residues = sorted({each for number in numbers for each in self._residues[number]})
        whole = 0
        highest = unit - 1 if most is None else most
        while most is None and not keeps(highest):
            whole += unit
            highest += unit
            if whole > unit * (2 + max(self._columns[number].seats for number in numbers)):
                msg = "no order of the seats keeps the bounds of cells and totals"
                raise ValueError(msg)
        values = [
            base + each
            for base in (range(0, highest + unit, unit) if most is not None else (whole,))
            for each in residues
        ]
        values = values[bisect_right(values, above) :]
        return _first([each for each in values if each < highest], keeps, highest=highest)


def _fill(column: Column, limits: Limits) -> Order | None:
    return fill(column, column.windows(limits.spread, exact_limit=limits.exact))


def _loosen(alone: Sequence[Limits], spread: int, exact: int | None) -> list[Limits]:
    return [
        Limits(
            max(each.spread, spread),
            None if exact is None or each.exact is None else max(each.exact, exact),
        )
        for each in alone
    ]


def _first(values: Sequence[int], keeps: Callable[[int], bool], *, highest: int) -> int:
    """Find the first value that holds; all that follow hold too, and `highest` does."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if keeps(values[middle]):
            high = middle
        else:
            low = middle + 1
    return values[low] if low < len(values) else highest
