"""Radiologists as rosters see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.kit.interval import Interval
from app.planning.domain.roster.profile import LIBERAL, Profile


@dataclass(frozen=True, slots=True)
class Membership:
    """A radiologist belongs to a society from an instant to another one (`None`: open).

    Parameters
    ----------
    outside
        An outside reader or hospital radiologist who holds seats opened to them, not a member
        whose society owes seats: the dates are those of their authorisation.
    """

    society: int
    start: datetime
    end: datetime | None = None
    outside: bool = False

    def covers(self, instant: datetime) -> bool:
        """Is the radiologist a member at this instant? At the start yes, at the end no."""
        return self.start <= instant and (self.end is None or instant < self.end)


class WishKind(StrEnum):
    """What a radiologist would like."""

    AVOID = "avoid"
    PREFER = "prefer"


@dataclass(frozen=True, slots=True)
class Wish:
    """To be (not) on guard in a stretch of time; `weight` 1 to 3, 3 the strongest."""

    kind: WishKind
    interval: Interval
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Work:
    """A stretch that was or will be worked outside the seats judged, and its last real act.

    Parameters
    ----------
    last_act
        From which rest is counted where the statute says so; absent: the end.
    """

    interval: Interval
    last_act: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A radiologist as rosters see them.

    Parameters
    ----------
    memberships
        Societies, dated.
    absences
        When they may hold no seat.
    busy
        Scheduled sessions elsewhere: they may hold no seat meanwhile, and none begins before they
        have rested from a seat (nobody works the morning after a guard). A seat may follow a
        session of the same day: else nobody who works in the day could hold an evening.
    profile
        The rules of their statute.
    fte
        Part of a full time, in thousandths, above 0: 500 owes half the points of 1000.
    skills
        Sub-specialties.
    sites
        Sites that they may read for, throughout the period; `None`: all.
    wishes
        In any order.
    incompatible
        Radiologists with whom they are never on guard.
    balance
        Points carried from earlier periods, in thousandths: positive, they have done too many.
    past
        Work of the months before, for rules that look back: what touches a seat is one duty with
        it. A seat may be told here too, for its last act; its hours count once.
    """

    id: int
    memberships: Sequence[Membership]
    absences: Sequence[Interval] = ()
    busy: Sequence[Interval] = ()
    profile: Profile = LIBERAL
    fte: int = 1000
    skills: frozenset[str] = frozenset()
    sites: frozenset[int] | None = None
    wishes: Sequence[Wish] = ()
    incompatible: frozenset[int] = frozenset()
    balance: int = 0
    past: Sequence[Work] = ()

    @property
    def is_guest(self) -> bool:
        """Do they hold only what is opened to them, by hand, and owe nothing?"""
        return all(each.outside for each in self.memberships)

    def is_member(self, society: int, *, at: datetime) -> bool:
        """Do they belong to this society at this instant?"""
        return any(each.society == society and each.covers(at) for each in self.memberships)

    def has_society(self, *, at: datetime) -> bool:
        """Do they belong to any society at this instant?"""
        return any(each.covers(at) for each in self.memberships)

    def is_absent(self, interval: Interval) -> bool:
        """Is this stretch of time touched by an absence?"""
        return any(absence.overlaps(interval) for absence in self.absences)
