"""Share the seats of a period: every objective of the model, in its order."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import count

from app.planning.domain.sharing.exchange import Exchange
from app.planning.domain.sharing.layout import lay_columns
from app.planning.domain.sharing.outcome import tell
from app.planning.domain.sharing.period import Period
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.room import UNCOUNTED, Lineup
from app.planning.domain.sharing.shares import MILLION
from app.planning.domain.sharing.solve import Limits, Solved, can_keep, solve
from app.planning.domain.sharing.table import Table, lay_table
from app.planning.domain.sharing.targets import Targets, aim_at_classes, aim_at_special_days

_Holders = dict[int, int]
"""Society by seat id."""

_WHOLE = 4
_SPECIAL_QUARTERS = (_WHOLE, 5, 6, 8, 12, 1 << 20)
"""How far prefixes give way to special days, tried one after the other."""


def share_period(period: Period) -> Sharing:
    """Say which society owes each seat of a period.

    In this order: all seats given, and none twice; every cell (society and kind) and every total
    of a society its exact entitlement rounded down or up, or else the smallest largest excess;
    special days rounded down or up; no prefix a guard or more from what is owed by then, where that
    is possible; the largest deviation of any prefix from the spread entitlement; classes of days.

    Parameters
    ----------
    period
        The order of its members, seats and accounts does not matter; ties go by name.

    Raises
    ------
    ValueError
        If the members of a day have no volume, or an account is wrong.
    """
    table = lay_table(period)
    if not table.kinds:
        return tell(period, table, {})
    holders = {
        seat.id: seat.holder
        for seats in table.seats.values()
        for seat in seats
        if seat.holder is not None
    }
    return tell(period, table, _Sharer(period, table, holders).share())


class _Sharer:
    def __init__(self, period: Period, table: Table, kept: _Holders) -> None:
        self._period = period
        self._table = table
        self._kept = kept
        self._slack = self._find_slack()

    def _find_slack(self) -> int:
        """Find how far cells and totals have to be from exact: below one guard, or the least."""
        table = self._table
        if self._is_plain() or self._can_slacken(MILLION - 1):
            return MILLION - 1
        cells = [[row.entitled for row in table.rows[of]] for of in table.kinds]
        exact = {each for column in cells for each in column}
        exact |= {sum(each) for each in zip(*cells, strict=True)}
        parts = {sign * each % MILLION for each in exact for sign in (1, -1)}
        # This ends: each day has a member with volume, and nothing keeps it from all its seats.
        whole = next(each for each in count(1) if self._can_slacken((each + 1) * MILLION - 1))
        values = sorted(whole * MILLION + part for part in parts)
        return values[bisect_left(values, 1, key=lambda each: int(self._can_slacken(each)))]

    def _is_plain(self) -> bool:
        """Is no debt, no kept seat and no change of members in the way of one guard?

        Then each seat can be cut into the parts of the societies; that keeps every bound, and so
        whole seats can, because the sets that are bounded are two laminar families.
        """
        rows = [row for of in self._table.kinds for row in self._table.rows[of]]
        return not self._kept and all(row.entitled >= 0 and row.is_even for row in rows)

    def _can_slacken(self, slack: int) -> bool:
        columns, bounds = lay_columns(self._table, held=self._kept, slack=slack)
        return can_keep(columns, bounds=bounds)

    def share(self) -> _Holders:
        """Give each seat to a society."""
        holders, solved = self._solve(self._kept)
        special = {
            seat.id for seats in self._table.seats.values() for seat in seats if seat.special
        }
        if special:
            holders, solved = self._serve_special_days(holders, solved, special)
        return self._serve_classes(holders, solved, fixed=special)

    def _solve(self, held: Mapping[int, int]) -> tuple[_Holders, Solved]:
        columns, bounds = lay_columns(self._table, held=held, slack=self._slack)
        solved = solve(columns, bounds=bounds)
        holders = dict(held)
        for of, order in zip(self._table.kinds, solved.orders, strict=True):
            for place, (society, _) in order.served.items():
                holders[self._table.seats[of][place - 1].id] = self._table.members[society].id
        return holders, solved

    def _serve_special_days(
        self, holders: _Holders, solved: Solved, special: set[int]
    ) -> tuple[_Holders, Solved]:
        """Exchange seats of special days; within the best prefixes, below one guard, or at all."""
        aims = aim_at_special_days(self._period, self._table)
        lineups = self._line_up(solved, holders, aims, fixed=set())
        exchange = Exchange(lineups, targets=aims.exact)
        if exchange.run(solved.limits):
            return self._read(lineups), solved
        for quarters in _SPECIAL_QUARTERS:
            if exchange.run(_widen(lineups, solved.limits, quarters=quarters)):
                break
        chosen = self._read(lineups)
        return self._solve(self._kept | {seat: chosen[seat] for seat in special})

    def _serve_classes(self, holders: _Holders, solved: Solved, *, fixed: set[int]) -> _Holders:
        aims = aim_at_classes(self._period, self._table)
        lineups = self._line_up(solved, holders, aims, fixed=fixed)
        exchange = Exchange(lineups, targets=aims.exact)
        if exchange.is_done:
            return holders
        if not exchange.run(solved.limits):
            exchange.run(_widen(lineups, solved.limits, quarters=_WHOLE))
        return self._read(lineups)

    def _line_up(
        self, solved: Solved, holders: _Holders, aims: Targets, *, fixed: set[int]
    ) -> list[Lineup]:
        number = {member.id: place for place, member in enumerate(self._table.members)}
        return [
            Lineup(
                column=column,
                holders=[UNCOUNTED, *(number[holders[seat.id]] for seat in self._table.seats[of])],
                groups=[
                    UNCOUNTED,
                    *(UNCOUNTED if each is None else each for each in aims.groups[of]),
                ],
                movable=frozenset(
                    place
                    for place, seat in enumerate(self._table.seats[of], start=1)
                    if seat.id not in self._kept and seat.id not in fixed
                ),
            )
            for of, column in zip(self._table.kinds, solved.columns, strict=True)
        ]

    def _read(self, lineups: Sequence[Lineup]) -> _Holders:
        return {
            seat.id: self._table.members[holder].id
            for of, lineup in zip(self._table.kinds, lineups, strict=True)
            for seat, holder in zip(self._table.seats[of], lineup.holders[1:], strict=True)
        }


def _widen(lineups: Sequence[Lineup], limits: Sequence[Limits], *, quarters: int) -> list[Limits]:
    """Allow so many quarters of a guard (one whole guard: less than it), whatever is owed."""
    return [
        Limits(
            max(limit.spread, lineup.column.unit * quarters // 4 - 1),
            limit.exact if quarters == _WHOLE else None,
        )
        for lineup, limit in zip(lineups, limits, strict=True)
    ]
