"""A night as it is simulated: what arrives, who is on guard, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS, Sla
from app.dispatch.domain.policy.inputs import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A study that arrives; it is the same whatever the policy.

    Parameters
    ----------
    at, read
        When, and how long its read lasts; in minutes, the second > 0.
    society
        Referent of its site, from 0.
    reaction
        Minutes until who is offered it has seen that they are.
    """

    at: float
    priority: Priority
    society: int
    read: float
    reaction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """A radiologist with a seat from `begins` up to, but not including, `ends`, in minutes."""

    radiologist_id: int
    society: int
    begins: float
    ends: float
    line: Line = Line.FIRST


class TroubleKind(StrEnum):
    """What goes wrong with a reader."""

    ASLEEP = "asleep"
    """Sees nothing while their page is open: the platform takes them to be there."""
    ABSENT = "absent"
    """Never came, as the platform knows."""
    CENTRE_DOWN = "centre_down"
    """Can neither read nor be reached, with all of their centre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong with one reader, from when to when, in minutes."""

    kind: TroubleKind
    radiologist_id: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A night; the arrivals are in the order of time.

    Parameters
    ----------
    start
        Aware.
    shares
        Of the volume by society, in millionths.
    expected_read
        What is known beforehand of how long a read lasts, in minutes.
    """

    start: datetime
    arrivals: tuple[Arrival, ...]
    seated: tuple[Seated, ...]
    shares: tuple[int, ...]
    expected_read: float
    troubles: tuple[Trouble, ...] = ()
    slas: Mapping[Priority, Sla] = field(default_factory=lambda: DEFAULTS)

    def find_instant(self, at: float) -> datetime:
        """Say which instant a time of this night is."""
        return self.start + timedelta(minutes=at)
