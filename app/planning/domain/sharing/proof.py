"""Why a society has these guards: every number of a period, for one society."""

from dataclasses import dataclass

from app.planning.domain.sharing.period import Period
from app.planning.domain.sharing.rights import (
    CellRight,
    ClassRight,
    Deviation,
    Sharing,
    SpecialRight,
)
from app.planning.domain.sharing.shares import MILLION


@dataclass(frozen=True, slots=True)
class Proof:
    """The sums of one society and one period; balances and rights in millionths of a guard.

    Parameters
    ----------
    volume, of_volume
        What it brought, and what all members brought.
    share
        In millionths, on the first day on which it is a member.
    cells, classes, special
        By kind; by kind and class of days; by special day, over the years counted.
    opening, ceded, entitled, seats, closing
        Over all kinds.
    spread, owed
        The largest deviation of any prefix of any kind, and when.
    class_gap, special_gap
        The farthest from exact of its classes and special days.
    """

    society: int
    name: str
    volume: int
    of_volume: int
    share: int
    cells: tuple[CellRight, ...]
    classes: tuple[ClassRight, ...]
    special: tuple[SpecialRight, ...]
    opening: int
    ceded: int
    entitled: int
    seats: int
    closing: int
    spread: Deviation
    owed: Deviation
    class_gap: int
    special_gap: int

    @property
    def debt(self) -> int:
        """What it owes in kinds of which it was entitled to less than nothing, in millionths."""
        return sum(-cell.closing for cell in self.cells if cell.entitled < 0)

    @property
    def is_within_a_guard(self) -> bool:
        """Is every kind, and the total, less than one guard from exact at the end?"""
        return all(abs(each) < MILLION for each in (self.closing, *(c.closing for c in self.cells)))


def prove(period: Period, sharing: Sharing, *, society: int) -> Proof:
    """Put together what a sharing says of one society.

    Raises
    ------
    ValueError
        If the society is no member of the period.
    """
    member = next((each for each in period.members if each.id == society), None)
    if member is None:
        msg = f"society {society} is no member of the period that begins on {period.start}"
        raise ValueError(msg)
    cells = tuple(each for each in sharing.cells if each.society == society)
    classes = tuple(each for each in sharing.classes if each.society == society)
    special = tuple(each for each in sharing.special if each.society == society)
    return Proof(
        society=society,
        name=member.name,
        volume=member.volume,
        of_volume=sum(each.volume for each in period.members),
        share=next((cell.share for cell in cells), 0),
        cells=cells,
        classes=classes,
        special=special,
        opening=sum(cell.opening for cell in cells),
        ceded=sum(cell.ceded for cell in cells),
        entitled=sum(cell.entitled for cell in cells),
        seats=sum(cell.seats for cell in cells),
        closing=sum(cell.closing for cell in cells),
        spread=_farthest([cell.spread for cell in cells]),
        owed=_farthest([cell.owed for cell in cells]),
        class_gap=max((abs(each.closing) for each in classes), default=0),
        special_gap=max((abs(each.closing) for each in special), default=0),
    )


def _farthest(found: list[Deviation]) -> Deviation:
    return max(found, key=lambda each: each.millionths, default=Deviation(0, None))
