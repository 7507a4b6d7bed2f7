"""Judge a set of placements, whoever made them: a roster, an edit, a swap or a repair.

Shares no rule with the code that makes rosters, so that a mistake there cannot hide itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import combinations

from app.planning.domain.seats import AssignmentReason, Placement, Reader


class Rule(StrEnum):
    """What a set of placements must keep."""

    OUTSIDE_GUARD = "outside_guard"
    UNKNOWN_RADIOLOGIST = "unknown_radiologist"
    NOT_MEMBER = "not_member"
    ABSENCE = "absence"
    OVERLAP = "overlap"
    REST = "rest"
    TWO_HOLDERS = "two_holders"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken, by whom and on which seats, in words without patient data."""

    rule: Rule
    seats: tuple[int, ...]
    radiologist: int | None
    message: str


def judge(placements: Sequence[Placement], *, readers: Iterable[Reader]) -> list[Violation]:
    """Find every rule that the placements break.

    Parameters
    ----------
    placements
        All that is to be in force together, neighbours of the period included. Uncovered seats
        break no rule; they are shown elsewhere.
    readers
        Everybody who may hold seats.

    Returns
    -------
    list
        By first seat, then rule; empty if every rule is kept. Two seats that overlap are named
        once, and not for their rest as well.
    """
    known = {reader.id: reader for reader in readers}
    found = [
        violation
        for placement in placements
        for violation in _judge_one(placement, known.get(placement.radiologist or 0))
    ]
    found += _judge_holders(placements)
    by_person: defaultdict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        if placement.radiologist in known:
            by_person[placement.radiologist].append(placement)
    for radiologist, own in by_person.items():
        found += _judge_pairs(own, rest=known[radiologist].rest)
    return sorted(found, key=lambda each: (each.seats, each.rule))


def _judge_one(placement: Placement, reader: Reader | None) -> Iterator[Violation]:
    seat = placement.seat
    if not (seat.guard.start <= seat.interval.start and seat.interval.end <= seat.guard.end):
        yield _violation(
            Rule.OUTSIDE_GUARD, placement, text=f"seat {seat.id} has hours outside its guard"
        )
    if placement.radiologist is None:
        return
    who = f"radiologist {placement.radiologist}"
    if reader is None:
        yield _violation(Rule.UNKNOWN_RADIOLOGIST, placement, text=f"{who} may hold no seat")
        return
    if not _is_entitled(placement, reader):
        text = f"{who} is no member of society {placement.society} at {seat.interval.start}"
        yield _violation(Rule.NOT_MEMBER, placement, text=text)
    for absence in reader.absences:
        if absence.start < seat.interval.end and seat.interval.start < absence.end:
            text = f"{who} is absent from {absence.start} to {absence.end}"
            yield _violation(Rule.ABSENCE, placement, text=text)


def _is_entitled(placement: Placement, reader: Reader) -> bool:
    start = placement.seat.interval.start
    current = {
        each.society
        for each in reader.memberships
        if each.start <= start and (each.end is None or start < each.end)
    }
    # A loan is a radiologist of another society on a seat that this one owes.
    return bool(current) and (
        placement.society in current or placement.reason is AssignmentReason.LOAN
    )


def _judge_holders(placements: Sequence[Placement]) -> Iterator[Violation]:
    seen: set[int] = set()
    for placement in placements:
        if placement.seat.id in seen:
            text = f"seat {placement.seat.id} is given more than once"
            yield _violation(Rule.TWO_HOLDERS, placement, text=text)
        seen.add(placement.seat.id)


def _judge_pairs(own: Sequence[Placement], *, rest: timedelta) -> Iterator[Violation]:
    in_order = sorted(own, key=lambda each: (each.seat.interval.start, each.seat.id))
    for one, later in combinations(in_order, 2):
        seats = (one.seat.id, later.seat.id)
        gap = later.seat.interval.start - one.seat.interval.end
        who = f"radiologist {one.radiologist}"
        if gap < timedelta(0):
            text = f"{who} would hold seats {seats[0]} and {seats[1]} at the same time"
            yield Violation(Rule.OVERLAP, seats, one.radiologist, text)
        elif gap < rest:
            text = f"{who} has {gap} between seats {seats[0]} and {seats[1]}, not {rest}"
            yield Violation(Rule.REST, seats, one.radiologist, text)


def _violation(rule: Rule, placement: Placement, *, text: str) -> Violation:
    return Violation(rule, (placement.seat.id,), placement.radiologist, text)
