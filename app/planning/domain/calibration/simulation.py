"""A queue of exams event by event: they arrive, wait by their rank, and are read by free seats.

Seats come and go at the turns of guards. A read, once begun, is never broken off: who should leave
ends the read first, and that seat takes no further exam. What arrives is given whole and does not
depend on the seats, so that two ways of staffing can be compared on the very same exams.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace


@dataclass(frozen=True, slots=True)
class Flow:
    """Exams in the order of their arrival, one column for each thing known of them.

    Parameters
    ----------
    at
        Times of arrival, never falling, in any one unit.
    priority
        0 is the most urgent.
    read
        How long each read lasts.
    """

    at: Sequence[float]
    priority: Sequence[int]
    read: Sequence[float]

    def __len__(self) -> int:
        """Count the exams."""
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Turn:
    """From a time on there are so many seats, until the next turn."""

    at: float
    seats: int


def simulate(
    flow: Flow, *, turns: Iterable[Turn], ranks: Sequence[float] | None = None
) -> list[float]:
    """Let the exams be read.

    Parameters
    ----------
    flow
        What arrives.
    turns
        In the order of time; before the first there is no seat.
    ranks
        Of each exam: the least waits least, equal ones in the order of arrival. Left out, the
        priority; the instant at which each is due makes it the order of the worklist.

    Returns
    -------
    list
        When each read begins, in the order of the flow; infinity where no seat ever takes it.
    """
    room = _Room(flow, flow.priority if ranks is None else ranks)
    changes = [*turns]
    following = 0
    turn_at = changes[0].at if changes else math.inf
    for number, at in enumerate(flow.at):
        while turn_at <= at:
            room.reseat(changes[following])
            following += 1
            turn_at = changes[following].at if following < len(changes) else math.inf
        room.arrive(number, at)
    for turn in changes[following:]:
        room.reseat(turn)
    room.settle(math.inf)
    return room.starts


class _Room:
    """Who is reading and who waits, at the time of the last event."""

    __slots__ = ("_ending", "_ranks", "_reads", "_seats", "_waiting", "starts")

    def __init__(self, flow: Flow, ranks: Sequence[float]) -> None:
        self.starts = [math.inf] * len(flow)
        self._reads = flow.read
        self._ranks = ranks
        self._seats = 0
        self._ending: list[float] = []
        self._waiting: list[tuple[float, int]] = []

    def arrive(self, number: int, at: float) -> None:
        """Read it at once where a seat is free, else let it wait."""
        ending = self._ending
        if ending and ending[0] <= at:
            self.settle(at)
        if len(ending) < self._seats:
            # Then nobody waits: a seat that falls free takes who does.
            self.starts[number] = at
            heappush(ending, at + self._reads[number])
        else:
            heappush(self._waiting, (self._ranks[number], number))

    def settle(self, until: float) -> None:
        """End the reads that end by then; each seat takes the next exam, unless it should leave."""
        ending, waiting, starts, reads = self._ending, self._waiting, self.starts, self._reads
        while ending and ending[0] <= until:
            if waiting and len(ending) <= self._seats:
                end = ending[0]
                _, number = heappop(waiting)
                starts[number] = end
                heapreplace(ending, end + reads[number])
            else:
                heappop(ending)

    def reseat(self, turn: Turn) -> None:
        """Change the number of seats."""
        # A read that ends at this very instant ends under the new number.
        self.settle(math.nextafter(turn.at, -math.inf))
        self._seats = turn.seats
        self.settle(turn.at)
        while self._waiting and len(self._ending) < turn.seats:
            _, number = heappop(self._waiting)
            self.starts[number] = turn.at
            heappush(self._ending, turn.at + self._reads[number])
