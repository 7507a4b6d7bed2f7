"""What societies are entitled to in a period, and what they get: the values of a sharing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.period import WeekdayClass
from app.planning.domain.sharing.shares import MILLION


@dataclass(frozen=True, slots=True)
class Deviation:
    """The largest deviation of the prefixes of a kind for a society.

    Parameters
    ----------
    millionths
        Absolute, of a guard, rounded up so that it is never understated.
    at
        Start of the first seat at which it is reached.
    """

    millionths: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CellRight:
    """What a society is entitled to of a kind in a period, and what it gets.

    Parameters
    ----------
    share
        In millionths, on the day of the first seat of the kind at which it is a member.
    of_seats
        Seats of the kind that are shared.
    opening, ceded, entitled, closing
        Millionths of a guard: balance before; by cessions and exchanges; the exact right; balance
        after, which is the right less the seats.
    spread
        Deviation from the right in proportion to the seats served.
    owed
        Deviation from what it is owed by then, the opening balance as a whole included.
    """

    society: int
    of: KindOfSeat
    volume: int
    share: int
    of_seats: int
    opening: int
    ceded: int
    entitled: int
    seats: int
    closing: int
    spread: Deviation
    owed: Deviation


@dataclass(frozen=True, slots=True)
class ClassRight:
    """What a society gets of a kind on a class of days.

    Parameters
    ----------
    opening, due
        Millionths: the balance before, and what the period adds.
    """

    society: int
    of: KindOfSeat
    days: WeekdayClass
    opening: int
    due: int
    seats: int

    @property
    def entitled(self) -> int:
        """The exact right, in millionths."""
        return self.opening + self.due

    @property
    def closing(self) -> int:
        """Balance after, in millionths."""
        return self.entitled - self.seats * MILLION


@dataclass(frozen=True, slots=True)
class SpecialPart:
    """Seats of one kind on a special day: what the period adds to the right (millionths), seats."""

    of: KindOfSeat
    due: int
    seats: int


@dataclass(frozen=True, slots=True)
class SpecialRight:
    """What a society gets of a special day, over all kinds.

    Parameters
    ----------
    opening
        Balance of the years that the counter looks back, in millionths.
    """

    society: int
    day: str
    opening: int
    parts: tuple[SpecialPart, ...]

    @property
    def entitled(self) -> int:
        """The exact right, in millionths."""
        return self.opening + sum(part.due for part in self.parts)

    @property
    def seats(self) -> int:
        """How many it gets."""
        return sum(part.seats for part in self.parts)

    @property
    def closing(self) -> int:
        """Balance after, in millionths."""
        return self.entitled - self.seats * MILLION


@dataclass(frozen=True, slots=True)
class Sharing:
    """A period shared.

    Parameters
    ----------
    owed
        The society of each seat, by seat id; seats opened to outside readers are left out.
    cells
        By kind, then by name of society.
    classes, special
        In the same order.
    """

    owed: Mapping[int, int]
    cells: tuple[CellRight, ...]
    classes: tuple[ClassRight, ...]
    special: tuple[SpecialRight, ...]

    @property
    def largest_excess(self) -> int:
        """How far the farthest cell or total is from exact, in millionths."""
        totals: Counter[int] = Counter()
        for cell in self.cells:
            totals[cell.society] += cell.closing
        return max(map(abs, [*(cell.closing for cell in self.cells), *totals.values()]), default=0)

    @property
    def class_gap(self) -> int:
        """How far the farthest class of days is from exact, in millionths."""
        return max((abs(each.closing) for each in self.classes), default=0)

    @property
    def special_gap(self) -> int:
        """How far the farthest special day is from exact, in millionths."""
        return max((abs(each.closing) for each in self.special), default=0)
