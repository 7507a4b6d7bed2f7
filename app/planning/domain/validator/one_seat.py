"""Rules about one seat and its holder, whatever else they hold."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, Placement, Seat
from app.planning.domain.validator.violation import Violation, find, rate
from app.planning.domain.validator.words import name_instant, name_interval, name_seat

_FOR_ANOTHER_SOCIETY = frozenset({AssignmentReason.LOAN, AssignmentReason.SWAP})
"""Why somebody may hold what another society owes."""


def judge_hours(placement: Placement, *, zone: tzinfo) -> Iterator[Violation]:
    """Find a seat that has hours outside its guard, also when nobody holds it."""
    seat = placement.seat
    if seat.guard.start <= seat.interval.start and seat.interval.end <= seat.guard.end:
        return
    guard = name_interval(seat.guard, zone=zone)
    text = f"{name_seat(seat, zone=zone)} has hours outside its guard, {guard}"
    yield find(Rule.OUTSIDE_GUARD, [seat], text=text, reader=None)


def judge_twice(placements: Sequence[Placement], *, zone: tzinfo) -> Iterator[Violation]:
    """Find the seats that are given more than once."""
    seen: set[int] = set()
    told: set[int] = set()
    for seat in (each.seat for each in placements):
        if seat.id in seen and seat.id not in told:
            told.add(seat.id)
            text = f"{name_seat(seat, zone=zone)} is given more than once"
            yield find(Rule.TWO_HOLDERS, [seat], text=text, reader=None)
        seen.add(seat.id)


def judge_unknown(placement: Placement, *, zone: tzinfo) -> Violation:
    """Refuse a holder who is nobody that may hold seats."""
    named = name_seat(placement.seat, zone=zone)
    text = f"radiologist {placement.radiologist} may hold no seat, and so not {named}"
    return Violation(
        rule=Rule.UNKNOWN_RADIOLOGIST,
        seats=(placement.seat.id,),
        radiologist=placement.radiologist,
        message=text,
        severity=rate(Rule.UNKNOWN_RADIOLOGIST, None),
    )


def judge_holder(placement: Placement, reader: Reader, *, zone: tzinfo) -> Iterator[Violation]:
    """Find what keeps a reader from this very seat."""
    seat = placement.seat
    named = name_seat(seat, zone=zone)
    who = f"radiologist {reader.id}"
    if not _is_entitled(placement, reader):
        at = name_instant(seat.interval.start, zone=zone)
        text = f"{who} is no member of society {placement.society}, which owes {named}, at {at}"
        if seat.opened:
            text = (
                f"{who} has no authorisation that holds at {at}, and {named} is opened only to "
                f"outside readers and hospital radiologists who have one"
            )
        yield find(Rule.NOT_MEMBER, [seat], text=text, reader=reader)
    for rule, word, intervals in (
        (Rule.ABSENCE, "is absent", reader.absences),
        (Rule.BUSY, "has a session elsewhere", reader.busy),
    ):
        for away in _touching(intervals, seat):
            text = f"{who} {word} from {name_interval(away, zone=zone)}, and cannot hold {named}"
            yield find(rule, [seat], text=text, reader=reader)
    if seat.site is not None and reader.sites is not None and seat.site not in reader.sites:
        text = f"{who} may not read for site {seat.site}, where {named} is"
        yield find(Rule.SITE, [seat], text=text, reader=reader)
    if missing := sorted(seat.skills - reader.skills):
        text = f"{who} has not the skills that {named} asks for: {', '.join(missing)}"
        yield find(Rule.SKILL, [seat], text=text, reader=reader)


def _touching(intervals: Sequence[Interval], seat: Seat) -> list[Interval]:
    return [
        each
        for each in intervals
        if each.start < seat.interval.end and seat.interval.start < each.end
    ]


def _is_entitled(placement: Placement, reader: Reader) -> bool:
    start = placement.seat.interval.start
    current = {
        each.society: each.outside
        for each in reader.memberships
        if each.start <= start and (each.end is None or start < each.end)
    }
    if placement.seat.opened:
        return any(current.values())
    if placement.society in current:
        return True
    # Outside readers hold what was opened to them; members may stand in for each other.
    return placement.reason in _FOR_ANOTHER_SOCIETY and not all(current.values())
