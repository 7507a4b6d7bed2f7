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
    turns = _Turns(readers, held)
    in_order = sorted(seats, key=lambda each: (each.interval.start, each.id))
    return [turns.fill(seat, society=societies[seat.id]) for seat in in_order]


def may_hold(reader: Reader, seat: Seat, *, taken: Iterable[Interval]) -> bool:
    """May this radiologist hold the seat, beside those taken?

    They must belong to a society when it begins, be present throughout, and have rested, in elapsed
    time, between it and every other seat.
    """
    if not reader.has_society(at=seat.interval.start) or reader.is_absent(seat.interval):
        return False
    needed = Interval(seat.interval.start - reader.rest, seat.interval.end + reader.rest)
    return not any(needed.overlaps(interval) for interval in taken)


class _Turns:
    """Who has taken how many turns, while seats are filled in the order of their start."""

    def __init__(self, readers: Sequence[Reader], held: Mapping[int, Sequence[Interval]]) -> None:
        self._readers = readers
        self._turns = {reader.id: len(held.get(reader.id, ())) for reader in readers}
        self._near = {reader.id: list(held.get(reader.id, ())) for reader in readers}

    def fill(self, seat: Seat, *, society: int) -> Placement:
        """Give the seat to whoever is next."""
        free = [reader for reader in self._readers if self._is_free(reader, seat)]
        own = [reader for reader in free if reader.is_member(society, at=seat.interval.start)]
        chosen = min(own or free, key=lambda each: (self._turns[each.id], each.id), default=None)
        if chosen is None:
            return Placement(seat, society, None, AssignmentReason.QUOTA)
        self._turns[chosen.id] += 1
        self._near[chosen.id].append(seat.interval)
        reason = AssignmentReason.QUOTA if own else AssignmentReason.LOAN
        return Placement(seat, society, chosen.id, reason)

    def _is_free(self, reader: Reader, seat: Seat) -> bool:
        # What this seat is rested from, all later ones are: a year stays linear.
        since = seat.interval.start - reader.rest
        near = [each for each in self._near[reader.id] if each.end > since]
        self._near[reader.id] = near
        return may_hold(reader, seat, taken=near)
