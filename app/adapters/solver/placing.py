"""From rows back to seats: who sits where, for whom, and why."""

from collections import Counter
from collections.abc import Iterable

from app.adapters.solver.frame import Frame
from app.adapters.solver.rows import Row
from app.planning.domain.seats import AssignmentReason, Placement, Seat

Held = set[tuple[int, int]]
"""Radiologist and number of row."""

Owned = dict[tuple[int, int], int]
"""By society and number of row, how many of its seats it owes."""


def place(frame: Frame, *, held: Held, owned: Owned) -> tuple[Placement, ...]:
    """Name the seats: whoever sat there before keeps the seat, then the society that owes it."""
    placements = [_keep(frame, each.seat, each.society, each.radiologist) for each in frame.settled]
    societies = {
        (person.reader.id, number): of
        for person in frame.people
        for number, of in person.societies.items()
    }
    for row in frame.rows:
        holders = {who: societies[who, row.number] for who, number in held if number == row.number}
        owners = Counter({of: owned.get((of, row.number), 0) for of in frame.societies})
        placements += _place_row(frame, row, holders, owners)
    return tuple(sorted(placements, key=lambda each: (each.seat.interval.start, each.seat.id)))


def _keep(frame: Frame, seat: Seat, society: int, radiologist: int | None) -> Placement:
    readers = {person.reader.id: person.reader for person in frame.people}
    reader = readers.get(radiologist or 0)
    is_lent = reader is not None and not reader.is_member(society, at=seat.interval.start)
    reason = AssignmentReason.LOAN if is_lent else AssignmentReason.QUOTA
    return Placement(seat, society, radiologist, reason)


def _place_row(
    frame: Frame, row: Row, holders: dict[int, int], owners: Counter[int]
) -> Iterable[Placement]:
    seated = _seat(frame, row, holders)
    owing: dict[int, int] = {}
    # Own seats first: what is left to owners without a holder of theirs is lent or uncovered.
    for seat in row.seats:
        society = holders.get(seated.get(seat.id, 0))
        if society is not None and owners[society] > 0:
            owing[seat.id] = society
            owners[society] -= 1
    for seat in row.seats:
        if seat.id not in owing:
            owed = frame.problem.owed[seat.id]
            society = owed if owners[owed] > 0 else min(+owners)
            owing[seat.id] = society
            owners[society] -= 1
    for seat in row.seats:
        radiologist = seated.get(seat.id)
        of = holders.get(radiologist or 0)
        reason = _find_reason(frame, seat, radiologist, owing=owing[seat.id], society=of)
        yield Placement(seat, owing[seat.id], radiologist, reason)


def _seat(frame: Frame, row: Row, holders: dict[int, int]) -> dict[int, int]:
    """Give each holder a seat of the row."""
    problem = frame.problem
    seated: dict[int, int] = {}
    waiting = dict(holders)
    for roster in (problem.published, problem.previous):
        for seat in row.seats:
            before = roster.get(seat.id)
            if seat.id not in seated and before in waiting:
                seated[seat.id] = before
                del waiting[before]
    # Nobody is sent to a seat that was uncovered while somebody left another one.
    free = [seat for seat in row.seats if seat.id not in seated]
    free.sort(key=lambda seat: (problem.published.get(seat.id, 0) is None, seat.id))
    for radiologist, society in sorted(waiting.items()):
        own = [seat for seat in free if problem.owed[seat.id] == society]
        left = [seat for seat in free if problem.published.get(seat.id, 0) is not None]
        chosen = next((seat for seat in own if seat in left or not left), free[0])
        seated[chosen.id] = radiologist
        free.remove(chosen)
    return seated


def _find_reason(
    frame: Frame, seat: Seat, radiologist: int | None, *, owing: int, society: int | None
) -> AssignmentReason:
    problem = frame.problem
    if society is not None and society != owing:
        return AssignmentReason.LOAN
    if seat.id in problem.published and problem.published[seat.id] != radiologist:
        return AssignmentReason.REPAIR
    return AssignmentReason.QUOTA if owing == problem.owed[seat.id] else AssignmentReason.ROSTER
