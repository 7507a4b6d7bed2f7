"""What a sharing says, computed from who holds which seat and from nothing the solver said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.period import Period, SharedSeat
from app.planning.domain.sharing.rights import (
    CellRight,
    ClassRight,
    Deviation,
    Sharing,
    SpecialPart,
    SpecialRight,
)
from app.planning.domain.sharing.shares import MILLION
from app.planning.domain.sharing.table import Row, Table
from app.planning.domain.sharing.targets import (
    aim_at_classes,
    list_classes,
    list_special_days,
)


def tell(period: Period, table: Table, owed: Mapping[int, int]) -> Sharing:
    """Compute every number of a sharing from who holds which seat."""
    number = {member.id: place for place, member in enumerate(table.members)}
    holders = {of: [number[owed[seat.id]] for seat in table.seats[of]] for of in table.kinds}
    return Sharing(
        owed=dict(owed),
        cells=tuple(
            _tell_cell(table, of, society, holders=holders[of])
            for of in table.kinds
            for society in range(len(table.members))
        ),
        classes=_tell_classes(period, table, holders),
        special=_tell_special(period, table, holders),
    )


def _tell_cell(table: Table, of: KindOfSeat, society: int, *, holders: Sequence[int]) -> CellRight:
    row, member, seats = table.rows[of][society], table.members[society], table.seats[of]
    served = [0, *accumulate(int(holder == society) for holder in holders)]
    return CellRight(
        society=member.id,
        of=of,
        volume=member.volume,
        share=next((share for share in row.shares if share), 0),
        of_seats=len(seats),
        opening=row.opening,
        ceded=row.ceded,
        entitled=row.entitled,
        seats=served[-1],
        closing=row.entitled - served[-1] * MILLION,
        spread=_largest(row, seats, served, at_once=0),
        owed=_largest(row, seats, served, at_once=row.opening),
    )


def _largest(
    row: Row, seats: Sequence[SharedSeat], served: Sequence[int], *, at_once: int
) -> Deviation:
    """Find the largest deviation when a part of the right counts from the start."""
    count = len(seats)
    owed = [0, *accumulate(row.shares)]
    extra = row.opening + row.ceded - at_once
    found = [
        abs((at + at_once - got * MILLION) * count + extra * place)
        for place, (at, got) in enumerate(zip(owed, served, strict=True))
    ]
    found[0] = 0
    worst = max(found)
    place = found.index(worst)
    return Deviation(-(-worst // count), seats[place - 1].starts_at if place else None)


def _tell_classes(
    period: Period, table: Table, holders: Mapping[KindOfSeat, Sequence[int]]
) -> tuple[ClassRight, ...]:
    aims = aim_at_classes(period, table)
    got = Counter(
        pair for of, groups in aims.groups.items() for pair in zip(holders[of], groups, strict=True)
    )
    return tuple(
        ClassRight(
            society=member.id,
            of=of,
            days=days,
            opening=aims.opening[society][group],
            due=aims.due[society][group],
            seats=got[society, group],
        )
        for group, (of, days) in enumerate(list_classes(table))
        for society, member in enumerate(table.members)
    )


def _tell_special(
    period: Period, table: Table, holders: Mapping[KindOfSeat, Sequence[int]]
) -> tuple[SpecialRight, ...]:
    return tuple(
        SpecialRight(
            society=member.id,
            day=day,
            opening=period.special_balances.get((member.id, day), 0),
            parts=_tell_parts(table, day, society, holders=holders),
        )
        for day in list_special_days(table)
        for society, member in enumerate(table.members)
    )


def _tell_parts(
    table: Table, day: str, society: int, *, holders: Mapping[KindOfSeat, Sequence[int]]
) -> tuple[SpecialPart, ...]:
    parts = []
    for of in table.kinds:
        places = [place for place, seat in enumerate(table.seats[of]) if seat.special == day]
        if places:
            due = sum(table.rows[of][society].shares[place] for place in places)
            seats = sum(holders[of][place] == society for place in places)
            parts.append(SpecialPart(of, due, seats))
    return tuple(parts)
