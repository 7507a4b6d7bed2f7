"""Seats, who may hold them and who does: the values that roster rules speak of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.kit.interval import Interval

DAILY_REST = timedelta(hours=11)
"""Elapsed time between two seats of one person, unless a statute says otherwise."""


class GuardLine(StrEnum):
    """Who is called: the first line reads, the backup line is called when it is not enough."""

    FIRST = "first"
    BACKUP = "backup"


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


@dataclass(frozen=True, slots=True)
class Seat:
    """One place in a guard, with its own hours, which should lie inside those of the guard."""

    id: int
    segment: str
    line: GuardLine
    kind: SeatKind
    interval: Interval
    guard: Interval


@dataclass(frozen=True, slots=True)
class Membership:
    """A radiologist belongs to a society from an instant to another one (`None`: open)."""

    society: int
    start: datetime
    end: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Is the radiologist a member at this instant? At the start yes, at the end no."""
        return self.start <= instant and (self.end is None or instant < self.end)


@dataclass(frozen=True, slots=True)
class Reader:
    """A radiologist as rosters see them.

    Parameters
    ----------
    memberships
        Societies, dated.
    absences
        When they may hold no seat.
    rest
        Least elapsed time between two of their seats.
    """

    id: int
    memberships: Sequence[Membership]
    absences: Sequence[Interval] = ()
    rest: timedelta = DAILY_REST

    def is_member(self, society: int, *, at: datetime) -> bool:
        """Do they belong to this society at this instant?"""
        return any(each.society == society and each.covers(at) for each in self.memberships)

    def has_society(self, *, at: datetime) -> bool:
        """Do they belong to any society at this instant?"""
        return any(each.covers(at) for each in self.memberships)

    def is_absent(self, interval: Interval) -> bool:
        """Is this stretch of time touched by an absence?"""
        return any(absence.overlaps(interval) for absence in self.absences)


@dataclass(frozen=True, slots=True)
class Placement:
    """A seat, the society that owes it, and the radiologist who holds it (`None`: uncovered)."""

    seat: Seat
    society: int
    radiologist: int | None
    reason: AssignmentReason
