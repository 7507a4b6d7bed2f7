"""From exact entitlements to columns: lines of right, and what cells and totals may be."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import lcm

from app.planning.domain.sharing.columns import Cell, Column
from app.planning.domain.sharing.period import Member, SharedSeat
from app.planning.domain.sharing.shares import MILLION
from app.planning.domain.sharing.table import Row, Table
from app.planning.domain.sharing.totals import Bounds


def lay_columns(
    table: Table, *, held: Mapping[int, int], slack: int = MILLION - 1
) -> tuple[list[Column], list[Bounds]]:
    """Turn a table into columns, and say what every total may be.

    Parameters
    ----------
    held
        Seats that are given already: society by seat id.
    slack
        How far cells and totals may be from exact, in millionths; below one guard, each is its
        entitlement rounded down or up.
    """
    unit = MILLION * lcm(*(len(seats) for seats in table.seats.values()))
    ids = [member.id for member in table.members]
    columns = []
    for of in table.kinds:
        seats = table.seats[of]
        holders = [held.get(seat.id) for seat in seats]
        cells = [
            _lay_cell(row, member, seats=seats, holders=holders, unit=unit, slack=slack)
            for row, member in zip(table.rows[of], table.members, strict=True)
        ]
        free = [place for place, holder in enumerate(holders, start=1) if holder is None]
        columns.append(Column(unit=unit, cells=cells, seats=len(seats), free=free))
    bounds = [_bound_total(columns, number, slack=slack) for number in range(len(ids))]
    return columns, bounds


def _lay_cell(
    row: Row,
    member: Member,
    *,
    seats: Sequence[SharedSeat],
    holders: list[int | None],
    unit: int,
    slack: int,
) -> Cell:
    scale = unit // MILLION
    spread, exact = _draw_lines(row, scale=scale)
    kept = [0] * (len(seats) + 1)
    if member.id in holders:
        kept = [0, *accumulate(int(holder == member.id) for holder in holders)]
    here = [place for place, seat in enumerate(seats, start=1) if member.is_member(seat.on)]
    first, last = (here[0], here[-1]) if here else (1, 0)
    open_seats = holders[first - 1 : last].count(None)
    low, high = round_within(row.entitled, slack=slack)
    return Cell(
        entitled=row.entitled,
        spread=spread,
        exact=exact,
        low=min(max(low, kept[-1]), kept[-1] + open_seats),
        high=min(max(high, kept[-1]), kept[-1] + open_seats),
        kept=kept,
        first=first,
        last=last if last < len(seats) else len(seats) + 1,
        pace=row.shares[-1] * scale,
        steady=row.entitled >= 0 and row.is_even and not (row.ceded or kept[-1]),
    )


def _draw_lines(row: Row, *, scale: int) -> tuple[list[int], list[int]]:
    """Draw the right in proportion to the places, and what is owed by each place.

    What was ceded is in proportion in both; the opening balance counts as a whole in the second.
    """
    count = len(row.shares)
    part = scale // count
    if row.is_even:
        step = row.shares[0] * scale
        owed = [step * place for place in range(count + 1)]
    else:
        owed = [0, *accumulate(share * scale for share in row.shares)]
    extra = (row.opening + row.ceded) * part
    spread = [at + extra * place for place, at in enumerate(owed)]
    opening, ceded = row.opening * scale, row.ceded * part
    return spread, [at + opening + ceded * place for place, at in enumerate(owed)]


def round_within(millionths: int, *, slack: int) -> tuple[int, int]:
    """Give the least and the most whole seats that are at most `slack` from exact."""
    low, high = -((slack - millionths) // MILLION), (millionths + slack) // MILLION
    return max(low, 0), max(high, 0)


def _bound_total(columns: Sequence[Column], number: int, *, slack: int) -> Bounds:
    """Bound a total: rounded down or up, or as near as the cells let it come."""
    cells = [column.cells[number] for column in columns]
    low, high = round_within(sum(cell.entitled for cell in cells), slack=slack)
    least, most = sum(cell.low for cell in cells), sum(cell.high for cell in cells)
    return Bounds(
        low=min(max(low, least), most),
        high=max(min(high, most), least),
        kept=sum(cell.kept[-1] for cell in cells),
    )
