"""What an absence or a wish would meet, told before it is saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader, Wish, WishKind
from app.planning.domain.seats import Placement, Seat


class AbsenceKind(StrEnum):
    """Why somebody is absent, as far as planners need to know."""

    LEAVE = "leave"
    SICK = "sick"
    TRAINING = "training"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TouchedSeat:
    """A published seat that somebody holds while they would be absent.

    Parameters
    ----------
    shared
        The part of the seat's hours that the absence takes.
    has_begun
        It is being held now: only a replacement tonight helps, no repair.
    """

    seat: Seat
    society: int
    shared: Interval
    has_begun: bool


def find_touched(
    absence: Interval, *, radiologist: int, placements: Iterable[Placement], now: datetime
) -> list[TouchedSeat]:
    """Find the seats in force that an absence would touch, by start, then id.

    Seats that are over at `now` are left out: what was, stays.
    """
    touched = [
        TouchedSeat(
            seat=each.seat,
            society=each.society,
            shared=shared,
            has_begun=each.seat.interval.start <= now,
        )
        for each in placements
        if each.radiologist == radiologist
        and each.seat.interval.end > now
        and (shared := each.seat.interval.meet(absence)) is not None
    ]
    return sorted(touched, key=lambda each: (each.seat.interval.start, each.seat.id))


@dataclass(frozen=True, slots=True)
class WishConflicts:
    """What a wish would meet.

    Parameters
    ----------
    seats
        Published seats that somebody holds in a stretch that they would like to avoid: a wish moves
        nothing that is published, a swap does.
    absences
        When they would like to be on guard, and are absent.
    wishes
        Wishes of the opposite kind for the same time.
    """

    seats: tuple[Seat, ...]
    absences: tuple[Interval, ...]
    wishes: tuple[Wish, ...]

    @property
    def is_empty(self) -> bool:
        """Does the wish meet nothing?"""
        return not (self.seats or self.absences or self.wishes)


def find_wish_conflicts(
    wish: Wish, *, reader: Reader, placements: Sequence[Placement]
) -> WishConflicts:
    """Find what a wish would meet, in the order of time.

    Parameters
    ----------
    reader
        Whose wish it is, with their absences and the wishes they have already.
    placements
        What is in force; those of others are left out.
    """
    avoids = wish.kind is WishKind.AVOID
    seats = (
        each.seat
        for each in placements
        if each.radiologist == reader.id and each.seat.interval.overlaps(wish.interval)
    )
    absences = (each for each in reader.absences if each.overlaps(wish.interval))
    wishes = (
        each
        for each in reader.wishes
        if each.kind is not wish.kind and each.interval.overlaps(wish.interval)
    )
    return WishConflicts(
        seats=tuple(sorted(seats, key=lambda each: (each.interval, each.id))) if avoids else (),
        absences=() if avoids else tuple(sorted(absences)),
        wishes=tuple(sorted(wishes, key=lambda each: each.interval)),
    )
