"""Rules about people at one time: nobody twice, nobody beside whom they must not be."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import GuardLine, Placement, Seat
from app.planning.domain.validator.stretches import Held
from app.planning.domain.validator.violation import Violation, find
from app.planning.domain.validator.words import name_seat, name_seats


def judge_overlaps(held: Held) -> Iterator[Violation]:
    """Find each two seats that a person would hold at one time, beside one in a site."""
    in_order = sorted(set(held.seats), key=lambda each: (each.interval.start, each.id))
    for place, one in enumerate(in_order):
        for later in in_order[place + 1 :]:
            if later.interval.start >= one.interval.end:
                break
            if one.id == later.id or _may_hold_both(one, later):
                continue
            named = f"{name_seat(one, zone=held.zone)} and {name_seat(later, zone=held.zone)}"
            text = f"{held.who} would hold {named} at the same time"
            yield find(Rule.OVERLAP, (one, later), text=text, reader=held.reader)


def _may_hold_both(one: Seat, other: Seat) -> bool:
    """Is one in a site and the other at a distance? Who stands in a site may read as well."""
    return (one.line is GuardLine.ON_SITE) is not (other.line is GuardLine.ON_SITE)


def judge_pairs(
    placements: Sequence[Placement], *, readers: Mapping[int, Reader], zone: tzinfo
) -> Iterator[Violation]:
    """Find those who are on guard together and must not be; one of the two saying so is enough."""
    by_person: defaultdict[int, list[Seat]] = defaultdict(list)
    for placement in placements:
        if placement.radiologist is not None:
            by_person[placement.radiologist].append(placement.seat)
    pairs = {
        (min(reader.id, other), max(reader.id, other))
        for reader in readers.values()
        for other in reader.incompatible
        if other != reader.id
    }
    for one, other in sorted(pairs):
        for mine in by_person.get(one, ()):
            for theirs in by_person.get(other, ()):
                if mine.interval.overlaps(theirs.interval):
                    named = name_seats((mine, theirs), zone=zone)
                    text = f"radiologists {one} and {other} are never on guard together: {named}"
                    yield find(Rule.INCOMPATIBLE, (mine, theirs), text=text, reader=readers[one])


def judge_demand(
    demand: GuardDemand,
    placements: Mapping[int, Placement],
    *,
    readers: Mapping[int, Reader],
    zone: tzinfo,
) -> Iterator[Violation]:
    """Find what those in one guard lack between them.

    Skills may still come while a seat is uncovered; of societies there cannot be more than holders.
    """
    own = [placements[seat] for seat in sorted(demand.seats) if seat in placements]
    holders = [
        (readers[each.radiologist], each.seat)
        for each in own
        if each.radiologist is not None and each.radiologist in readers
    ]
    seats = [each.seat for each in own]
    skills = {skill for reader, _ in holders for skill in reader.skills}
    missing = sorted(demand.skills - skills)
    if missing and holders and len(holders) == len(demand.seats):
        text = f"nobody has {', '.join(missing)} among {name_seats(seats, zone=zone)}"
        yield find(Rule.GUARD_SKILL, seats, text=text, reader=None)
    societies = {
        each.society
        for reader, seat in holders
        for each in reader.memberships
        if each.covers(seat.interval.start)
    }
    if len(societies) < min(demand.societies, len(holders)):
        text = (
            f"{len(societies)} society instead of {demand.societies} "
            f"holds {name_seats(seats, zone=zone)}"
        )
        yield find(Rule.SOCIETIES, seats, text=text, reader=None)
