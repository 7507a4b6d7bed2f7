"""Seats and who holds them: the values that sharing, rosters and boards speak of."""

from dataclasses import dataclass
from enum import StrEnum

from app.kit.interval import Interval


class GuardLine(StrEnum):
    """Who is called, and where.

    The first line reads at a distance; the backup line is called when it is not enough; the on-site
    line stands in one site (ultrasound), and is offered no remote case while called there.
    """

    FIRST = "first"
    BACKUP = "backup"
    ON_SITE = "on_site"


class SeatKind(StrEnum):
    """What the holder of a seat does."""

    READER = "reader"
    COORDINATOR = "coordinator"


class AssignmentReason(StrEnum):
    """Why this radiologist holds this seat."""

    QUOTA = "quota"
    ROSTER = "roster"
    LOAN = "loan"
    EDIT = "edit"
    SWAP = "swap"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True, order=True)
class KindOfSeat:
    """Seats that are shared together: the currency between societies."""

    segment: str
    line: GuardLine
    kind: SeatKind


@dataclass(frozen=True, slots=True)
class Seat:
    """One place in a guard, with its own hours, which should lie inside those of the guard.

    Parameters
    ----------
    site
        Where the holder stands, for a seat of an on-site line.
    skills
        Sub-specialties of which the holder must have each (usually none).
    opened
        To outside readers and hospital radiologists, and to nobody else: no society owes it.
    """

    id: int
    segment: str
    line: GuardLine
    kind: SeatKind
    interval: Interval
    guard: Interval
    site: int | None = None
    skills: frozenset[str] = frozenset()
    opened: bool = False

    @property
    def of(self) -> KindOfSeat:
        """Of which kind it is."""
        return KindOfSeat(self.segment, self.line, self.kind)


@dataclass(frozen=True, slots=True)
class Placement:
    """A seat, the society that owes it, and the radiologist who holds it (`None`: uncovered)."""

    seat: Seat
    society: int
    radiologist: int | None
    reason: AssignmentReason
