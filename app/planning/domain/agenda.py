"""Guards as a calendar of appointments, for whoever subscribes to it.

An appointment is a seat: its identity never changes, so that a swap moves it out of one agenda and
into another. What was taken away stays as cancelled, or programs would keep showing it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from app.kit.interval import Interval
from app.planning.domain.seats import GuardLine, SeatKind


@dataclass(frozen=True, slots=True)
class Holding:
    """What one published revision said of a seat.

    Parameters
    ----------
    interval
        The hours of the seat by that revision.
    holder
        Name of the radiologist.
    since
        When it was published.
    ended_at
        When the guard was cancelled, or the seat taken out of it.
    """

    seat_id: int
    segment: str
    line: GuardLine
    kind: SeatKind
    interval: Interval
    society_id: int
    society: str
    radiologist_id: int | None
    holder: str | None
    since: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose agenda it is: a radiologist's, a society's, or (neither) the whole group's."""

    radiologist_id: int | None = None
    society_id: int | None = None

    def is_concerned(self, holding: Holding) -> bool:
        """Is this seat theirs by this revision?"""
        if self.radiologist_id is not None:
            return holding.radiologist_id == self.radiologist_id
        return self.society_id is None or holding.society_id == self.society_id


@dataclass(frozen=True, slots=True)
class Appointment:
    """A seat in an agenda.

    Parameters
    ----------
    holding
        What is in force; where it is cancelled, the last that concerned the subject.
    sequence
        How often it has changed, from 0: never goes back (RFC 5545 §3.8.7.4).
    changed_at
        When it last did.
    is_cancelled
        The seat is not, or no longer, the subject's.
    """

    holding: Holding
    sequence: int
    changed_at: datetime
    is_cancelled: bool


def make_agenda(holdings: Iterable[Holding], *, subject: Subject) -> list[Appointment]:
    """Make the agenda of a subject from all that was ever published of some seats.

    Parameters
    ----------
    holdings
        In the order of the seats' ids, then of publication.

    Returns
    -------
    list
        One appointment for each seat that is, or once was, the subject's; by start, then seat.
    """
    found = [
        appointment
        for _, history in groupby(holdings, key=lambda each: each.seat_id)
        if (appointment := _meet(tuple(history), subject)) is not None
    ]
    return sorted(found, key=lambda each: (each.holding.interval.start, each.holding.seat_id))


def _meet(history: Sequence[Holding], subject: Subject) -> Appointment | None:
    theirs = [each for each in history if subject.is_concerned(each)]
    if not theirs:
        return None
    changes = _list_changes(history)
    latest = history[-1]
    is_over = latest.ended_at is not None
    return Appointment(
        holding=theirs[-1],
        sequence=len(changes) - 1 + is_over,
        changed_at=latest.ended_at or changes[-1].since,
        is_cancelled=is_over or not subject.is_concerned(latest),
    )


def _list_changes(history: Sequence[Holding]) -> list[Holding]:
    """List the holdings that differ from the one before: a new revision may repeat what was."""
    return [
        next(alike)
        for _, alike in groupby(
            history, key=lambda each: (each.radiologist_id, each.society_id, each.interval)
        )
    ]
