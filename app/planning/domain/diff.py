"""What two revisions of a planning say differently, and what that does to fairness."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.planning.domain.seats import KindOfSeat, Placement, Seat


def find_rewritten(
    own: Iterable[Placement], *, before: Iterable[Placement], now: datetime
) -> list[Seat]:
    """Find the published seats that are over and of which a draft says something else.

    A draft may be older than a guard that has passed since it was made.

    Parameters
    ----------
    before
        What is in force.
    now
        Aware.
    """
    held = {each.seat.id: (each.society, each.radiologist) for each in before}
    return [
        each.seat
        for each in own
        if each.seat.interval.end <= now
        and held.get(each.seat.id, (each.society, each.radiologist))
        != (each.society, each.radiologist)
    ]


@dataclass(frozen=True, slots=True)
class SeatChange:
    """A seat that two revisions do not give to the same; an absent side: it says nothing of it."""

    seat: Seat
    before: Placement | None
    after: Placement | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What somebody has by a revision.

    Parameters
    ----------
    seats
        Held; for a society, by its own members or lent to it.
    points
        Of these, in thousandths.
    """

    seats: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Sides:
    """Two tallies side by side: before and after."""

    before: Tally
    after: Tally


@dataclass(frozen=True, slots=True)
class Standing:
    """A society by two revisions.

    Parameters
    ----------
    owed
        Seats that it owes.
    deviation
        The largest of its kinds: seats owed less entitlement, absolute, in millionths; absent
        where no entitlement is known.
    uncovered, borrowed
        Of its seats, those that nobody holds, and those held for it by others.
    """

    owed: int
    deviation: int | None
    uncovered: int
    borrowed: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What changes from one revision to another.

    Parameters
    ----------
    seats
        By start, then seat.
    societies, radiologists
        Before and after, by id; those that change nothing too.
    """

    seats: tuple[SeatChange, ...]
    societies: Mapping[int, tuple[Standing, Standing]]
    radiologists: Mapping[int, Sides]


def compare(
    before: Sequence[Placement],
    after: Sequence[Placement],
    *,
    points: Mapping[int, int],
    entitled: Mapping[tuple[int, KindOfSeat], int],
) -> Diff:
    """Compare what two revisions say of a planning.

    Parameters
    ----------
    points
        By seat id, in thousandths.
    entitled
        By society and kind, in millionths: of the later one.
    """
    societies = sorted({each.society for each in (*before, *after)})
    people = sorted({each.radiologist for each in (*before, *after) if each.radiologist})
    old, new = _tally(before, points), _tally(after, points)
    return Diff(
        seats=_find_changes(before, after),
        societies={
            each: (_stand(each, before, entitled), _stand(each, after, entitled))
            for each in societies
        },
        radiologists={
            each: Sides(old.get(each, Tally()), new.get(each, Tally())) for each in people
        },
    )


def _find_changes(
    before: Iterable[Placement], after: Iterable[Placement]
) -> tuple[SeatChange, ...]:
    old = {each.seat.id: each for each in before}
    new = {each.seat.id: each for each in after}
    changes = []
    for seat_id in old.keys() | new.keys():
        one, other = old.get(seat_id), new.get(seat_id)
        either = other or one
        if either is not None and _told(one) != _told(other):
            changes.append(SeatChange(either.seat, one, other))
    return tuple(sorted(changes, key=lambda each: (each.seat.interval.start, each.seat.id)))


def _told(placement: Placement | None) -> tuple[int, int | None] | None:
    return None if placement is None else (placement.society, placement.radiologist)


def _tally(placements: Iterable[Placement], points: Mapping[int, int]) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for each in placements:
        if each.radiologist is not None:
            tally = found.get(each.radiologist, Tally())
            worth = points.get(each.seat.id, 0)
            found[each.radiologist] = Tally(tally.seats + 1, tally.points + worth)
    return found


def _stand(
    society: int,
    placements: Iterable[Placement],
    entitled: Mapping[tuple[int, KindOfSeat], int],
) -> Standing:
    own = [each for each in placements if each.society == society]
    counts = Counter(each.seat.of for each in own)
    rights = {of: millionths for (one, of), millionths in entitled.items() if one == society}
    return Standing(
        owed=len(own),
        deviation=max(
            (abs(counts[of] * 1_000_000 - millionths) for of, millionths in rights.items()),
            default=None,
        ),
        uncovered=sum(each.radiologist is None for each in own),
        borrowed=sum(each.reason == "loan" and each.radiologist is not None for each in own),
    )
