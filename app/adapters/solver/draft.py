"""What is decided so far, while a first roster is put together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from app.adapters.solver.engine import Solution
from app.adapters.solver.frame import Frame
from app.adapters.solver.model import RosterModel

Merit = tuple[int, int]
"""Deviation, and spacing and wishes together: the less the better."""


@dataclass(slots=True)
class Draft:
    """What is decided so far.

    Parameters
    ----------
    society
        As whose member each person would sit in each row.
    held
        Who sits in which row.
    owned
        Seats that each society owes of each row.
    beyond
        Of each row, how many seats more than it owes a society's people hold; below 0: fewer.
    merits
        Of each society whose people are seated.
    """

    society: Mapping[tuple[int, int], int]
    held: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    owned: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    beyond: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    merits: dict[int, Merit] = field(default_factory=dict[int, Merit])

    def taken(self, *, except_of: Iterable[int]) -> Counter[int]:
        """Count the seats of each row that other societies owe."""
        return _add_rows(self.owned, except_of=except_of)

    def offered(self, *, except_of: Iterable[int]) -> Counter[int]:
        """Count the seats of each row that others leave to be lent and that nobody lends yet."""
        offered: Counter[int] = Counter()
        offered.subtract(_add_rows(self.beyond, except_of=except_of))
        return offered

    def forget(self, societies: frozenset[int]) -> None:
        """Let nobody of these societies be seated."""
        self.held = {key for key in self.held if self.society[key] not in societies}
        self.beyond = {key: each for key, each in self.beyond.items() if key[0] not in societies}
        for society in societies:
            self.merits.pop(society, None)

    def note(self, model: RosterModel, solution: Solution, societies: frozenset[int]) -> None:
        """Take over what a model found for these societies."""
        self.held = {key for key in self.held if self.society[key] not in societies} | {
            key for key, seat in model.held.items() if solution[seat.index]
        }
        for (owner, number), owned in model.owned.items():
            if owner in societies and isinstance(owned, cp_model.IntVar):
                self.owned[owner, number] = solution[owned.index]
        for key, beyond in model.beyond.items():
            self.beyond[key] = solution[beyond.index]


def _add_rows(seats: Mapping[tuple[int, int], int], *, except_of: Iterable[int]) -> Counter[int]:
    left_out = frozenset(except_of)
    found: Counter[int] = Counter()
    for (society, number), each in seats.items():
        if society not in left_out:
            found[number] += each
    return found


def begin_draft(frame: Frame) -> Draft:
    """Begin with the dates as they were shared, and nobody seated."""
    society = {
        (person.reader.id, number): of
        for person in frame.people
        for number, of in person.societies.items()
    }
    return Draft(society, owned=dict(find_owed(frame)))


def find_owed(frame: Frame) -> Iterator[tuple[tuple[int, int], int]]:
    """List the seats that each society owes of each row, as they were shared."""
    for row in frame.rows:
        for society, seats in row.owed.items():
            yield (society, row.number), seats
