"""Put radiologists on the seats of their society, each in turn.

The first roster: greedy, by date. It never fails; what cannot be covered stays visibly empty.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.kit.interval import Interval
from app.planning.domain.seats import AssignmentReason, Placement, Reader, Seat


def take_turns(
    seats: Sequence[Seat],
    *,
    societies: Mapping[int, int],
    readers: Sequence[Reader],
    held: Mapping[int, Sequence[Interval]],
) -> list[Placement]:
    """Give every seat to a radiologist of the society that owes it.

    The one with the fewest seats so far comes first, ties by id. When nobody of the society may
    hold the seat, a radiologist of another society does, by the same order, and the placement says
    `loan`. When nobody at all may, the seat stays without a radiologist.

    Parameters
    ----------
    seats
        Seats to fill, in any order; they are filled by start, then id.
    societies
        The society that owes each seat, by seat id.
    readers
        Everybody who may hold seats.
    held
        Seats that people hold already and keep, by radiologist id; they count as turns taken and
        must be rested from and before.

    Returns
    -------
    list
        One placement per seat, by start, then id.
    """
    turns = {reader.id: len(held.get(reader.id, ())) for reader in readers}
    near = {reader.id: list(held.get(reader.id, ())) for reader in readers}
    placements = []
    for seat in sorted(seats, key=lambda each: (each.interval.start, each.id)):
        society = societies[seat.id]
        for reader in readers:
            near[reader.id] = _drop_rested(near[reader.id], reader, seat)
        free = [reader for reader in readers if may_hold(reader, seat, taken=near[reader.id])]
        own = [reader for reader in free if reader.is_member(society, at=seat.interval.start)]
        reason = AssignmentReason.LOAN if free and not own else AssignmentReason.QUOTA
        chosen = min(own or free, key=lambda each: (turns[each.id], each.id), default=None)
        if chosen is not None:
            turns[chosen.id] += 1
            near[chosen.id].append(seat.interval)
        placements.append(
            Placement(
                seat=seat,
                society=society,
                radiologist=None if chosen is None else chosen.id,
                reason=reason,
            )
        )
    return placements


def _drop_rested(near: list[Interval], reader: Reader, seat: Seat) -> list[Interval]:
    # Seats come by start: what this one is rested from, all later ones are. A year stays linear.
    return [each for each in near if each.end + reader.rest > seat.interval.start]


def may_hold(reader: Reader, seat: Seat, *, taken: Iterable[Interval]) -> bool:
    """May this radiologist hold the seat, beside those taken?

    They must belong to a society when it begins, be present throughout, and have rested, in elapsed
    time, between it and every other seat.
    """
    if not reader.has_society(at=seat.interval.start) or reader.is_absent(seat.interval):
        return False
    needed = Interval(seat.interval.start - reader.rest, seat.interval.end + reader.rest)
    return not any(needed.overlaps(interval) for interval in taken)
