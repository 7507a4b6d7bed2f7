"""The readers and the cases of a simulated night, as they stand at an instant of it."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.cases.domain.sla import Sla
from app.dispatch.domain.presence import GONE_AFTER, PresenceState
from app.dispatch.domain.simulation.night import Arrival, Seated, Trouble, TroubleKind

_HOUR = 60.0
KNOWN_AFTER = GONE_AFTER.total_seconds() / 60
"""When the platform knows that a centre is down."""
CLAIMS_AFTER = KNOWN_AFTER + 5
"""When its claims are taken from it: somebody has telephoned first."""


@dataclass(slots=True)
class Waiting:
    """A case from its arrival to its signature; times in minutes of the night."""

    number: int
    arrival: Arrival
    sla: Sla
    due: float
    nominees: list[int] = field(default_factory=list)
    """To whom it is offered, best first."""
    offered_at: float = 0.0
    is_acknowledged: bool = False
    done: int = 0
    """Steps that were taken."""
    looks: int = 0
    """Counts the instants set for looking at it again: only the last one holds."""
    reader_id: int | None = None
    """Who has claimed it; also once it is signed."""
    began: float = math.inf
    ended: float = math.inf
    is_taken_over: bool = False


@dataclass(slots=True)
class Desk:
    """A reader at work."""

    seated: Seated
    troubles: Sequence[Trouble]
    offered: dict[int, Waiting] = field(default_factory=dict)
    """By number, as they were offered."""
    reading: Waiting | None = None
    resumed_at: float = 0.0
    left: float = 0.0
    """What was left of the read at that time."""
    reads: int = 0
    """Counts what was begun or taken up: only the last end that was set holds."""
    aside: list[tuple[Waiting, float]] = field(default_factory=list)
    """Put aside for a P1, with what is left of each."""
    taken_at: deque[float] = field(default_factory=deque)
    """When they claimed, in the last hour."""

    @property
    def radiologist_id(self) -> int:
        """Who they are."""
        return self.seated.radiologist_id

    @property
    def count(self) -> int:
        """How many cases they have."""
        return len(self.offered) + len(self.aside) + (self.reading is not None)

    def is_on_guard(self, at: float) -> bool:
        """Do they hold a seat?"""
        return self.seated.begins <= at < self.seated.ends

    def is_able(self, at: float) -> bool:
        """Can they read: awake, there, their centre at work?"""
        return self.find_trouble(at) is None

    def find_trouble(self, at: float) -> Trouble | None:
        """Find what keeps them from reading."""
        for trouble in self.troubles:
            if trouble.begins <= at < trouble.ends:
                return trouble
        return None

    def find_presence(self, at: float) -> PresenceState:
        """Say what the platform takes them for."""
        trouble = self.find_trouble(at)
        if trouble is not None:
            if trouble.kind is TroubleKind.ABSENT:
                return PresenceState.GONE
            if trouble.kind is TroubleKind.CENTRE_DOWN and at >= trouble.begins + KNOWN_AFTER:
                return PresenceState.GONE
        return PresenceState.PRESENT if self.reading is None else PresenceState.BUSY

    def find_left(self, at: float) -> float:
        """Say how much of the read in hand is left, as nobody knows it."""
        return self.left - (at - self.resumed_at)

    def count_claims(self, at: float) -> int:
        """Count their claims of the last 60 minutes."""
        while self.taken_at and self.taken_at[0] <= at - _HOUR:
            self.taken_at.popleft()
        return len(self.taken_at)


def seat(seated: Iterable[Seated], troubles: Iterable[Trouble]) -> dict[int, Desk]:
    """Seat the readers of a night, by radiologist.

    Raises
    ------
    ValueError
        If somebody holds two seats, or a trouble befalls nobody.
    """
    found: dict[int, Desk] = {}
    listed = tuple(troubles)
    for each in seated:
        if each.radiologist_id in found:
            raise ValueError(f"radiologist {each.radiologist_id} holds two seats: give one")
        own = tuple(one for one in listed if one.radiologist_id == each.radiologist_id)
        found[each.radiologist_id] = Desk(each, own)
    unknown = {each.radiologist_id for each in listed} - set(found)
    if unknown:
        raise ValueError(f"trouble for radiologists {sorted(unknown)}, who hold no seat")
    return found
