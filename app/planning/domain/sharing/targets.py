"""Exact rights to what is counted beside the kinds: special days, classes of days."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.period import Period, WeekdayClass
from app.planning.domain.sharing.shares import MILLION, apportion
from app.planning.domain.sharing.table import Row, Table


@dataclass(frozen=True, slots=True)
class Targets:
    """What is counted, and the exact right to it.

    Parameters
    ----------
    groups
        By kind: the group of each seat, by number; `None` where nothing counts it.
    opening, due
        By member, in the order of the table, then by group, in millionths: the balance before, and
        what the period adds.
    """

    groups: Mapping[KindOfSeat, Sequence[int | None]]
    opening: Sequence[Sequence[int]]
    due: Sequence[Sequence[int]]

    @property
    def exact(self) -> list[list[int]]:
        """The exact right, by member and group."""
        return [
            [before + added for before, added in zip(*rows, strict=True)]
            for rows in zip(self.opening, self.due, strict=True)
        ]


def list_special_days(table: Table) -> list[str]:
    """List the special days of the period, in the order of their codes."""
    return sorted({seat.special for of in table.kinds for seat in table.seats[of] if seat.special})


def aim_at_special_days(period: Period, table: Table) -> Targets:
    """Compute the exact right to the seats of each special day."""
    days = list_special_days(table)
    number = {day: place for place, day in enumerate(days)}
    opening = [
        [period.special_balances.get((member.id, day), 0) for day in days]
        for member in table.members
    ]
    due = [[0] * len(days) for _ in table.members]
    for of in table.kinds:
        for place, seat in enumerate(table.seats[of]):
            if seat.special:
                for row, right in zip(table.rows[of], due, strict=True):
                    right[number[seat.special]] += row.shares[place]
    groups = {
        of: [number.get(seat.special or "") for seat in table.seats[of]] for of in table.kinds
    }
    return Targets(groups, opening, due)


def list_classes(table: Table) -> list[tuple[KindOfSeat, WeekdayClass]]:
    """List the classes of days in which each kind has seats."""
    found = ((of, {seat.weekday_class for seat in table.seats[of]}) for of in table.kinds)
    return [(of, days) for of, present in found for days in WeekdayClass if days in present]


def aim_at_classes(period: Period, table: Table) -> Targets:
    """Compute the exact right to the seats of each class of days of each kind.

    A balance that has no class of its own counts in proportion to the seats, rounded down. Cessions
    count in proportion too, each seat in the same parts, so that they sum to zero in each class.
    """
    opening: list[list[int]] = [[] for _ in table.members]
    due: list[list[int]] = [[] for _ in table.members]
    groups = {}
    first = 0
    for of in table.kinds:
        classes = [seat.weekday_class for seat in table.seats[of]]
        sizes = Counter(classes)
        present = [days for days in WeekdayClass if days in sizes]
        number = {days: first + place for place, days in enumerate(present)}
        groups[of] = [number[days] for days in classes]
        first += len(present)
        parts = apportion(MILLION, volumes={days: sizes[days] for days in present})
        for society, (member, row) in enumerate(zip(table.members, table.rows[of], strict=True)):
            added = _sum_by_class(row, classes)
            ceded = row.ceded // MILLION
            due[society] += [added[days] + ceded * parts[days] for days in present]
            opening[society] += [
                period.class_balances.get((member.id, of, days), 0)
                if period.class_balances
                else row.opening * sizes[days] // len(classes)
                for days in present
            ]
    return Targets(groups, opening, due)


def _sum_by_class(row: Row, classes: Sequence[WeekdayClass]) -> Mapping[WeekdayClass, int]:
    if row.is_even:
        return {days: row.shares[0] * size for days, size in Counter(classes).items()}
    due: Counter[WeekdayClass] = Counter()
    for days, share in zip(classes, row.shares, strict=True):
        due[days] += share
    return due
