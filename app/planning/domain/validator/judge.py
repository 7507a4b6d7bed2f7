"""The judge: every rule, on any set of placements."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.seats import Placement
from app.planning.domain.validator.hours import judge_hours_held
from app.planning.domain.validator.nights import judge_nights
from app.planning.domain.validator.notice import judge_notice
from app.planning.domain.validator.one_seat import (
    judge_holder,
    judge_hours,
    judge_twice,
    judge_unknown,
)
from app.planning.domain.validator.rest import judge_rest
from app.planning.domain.validator.stretches import Held
from app.planning.domain.validator.together import judge_demand, judge_overlaps, judge_pairs
from app.planning.domain.validator.violation import Violation
from app.planning.domain.validator.weekends import judge_weekends

_OF_ONE_PERSON = (judge_overlaps, judge_rest, judge_hours_held, judge_nights, judge_weekends)


def judge(
    placements: Sequence[Placement],
    *,
    readers: Iterable[Reader],
    zone: tzinfo,
    demands: Iterable[GuardDemand] = (),
    published: Mapping[int, int | None] | None = None,
    now: datetime | None = None,
) -> list[Violation]:
    """Find every rule that the placements break.

    Parameters
    ----------
    placements
        All that is to be in force together, neighbours included; an uncovered seat breaks no rule.
    readers
        Everybody who may hold seats, with what they work beside them.
    zone
        Where days, nights and weekends begin, and in which messages tell times.
    published, now
        By seat, the holder in force at an instant: with both, short notice is found.

    Returns
    -------
    list
        By seats, rule, radiologist.
    """
    known = {reader.id: reader for reader in readers}
    found = list(judge_twice(placements, zone=zone))
    for placement in placements:
        found += _judge_one(placement, readers=known, zone=zone)
        if published is not None and now is not None:
            found += judge_notice(placement, published=published, readers=known, now=now, zone=zone)
    for held in _by_person(placements, readers=known, zone=zone):
        for rule in _OF_ONE_PERSON:
            found += rule(held)
    found += judge_pairs(placements, readers=known, zone=zone)
    found += _judge_demands(demands, placements, readers=known, zone=zone)
    return sorted(found, key=lambda each: (each.seats, each.rule, each.radiologist or 0))


def _judge_one(
    placement: Placement, *, readers: Mapping[int, Reader], zone: tzinfo
) -> Iterator[Violation]:
    yield from judge_hours(placement, zone=zone)
    if placement.radiologist is None:
        return
    reader = readers.get(placement.radiologist)
    if reader is None:
        yield judge_unknown(placement, zone=zone)
    else:
        yield from judge_holder(placement, reader, zone=zone)


def _judge_demands(
    demands: Iterable[GuardDemand],
    placements: Sequence[Placement],
    *,
    readers: Mapping[int, Reader],
    zone: tzinfo,
) -> Iterator[Violation]:
    by_seat = {each.seat.id: each for each in placements}
    for demand in demands:
        yield from judge_demand(demand, by_seat, readers=readers, zone=zone)


def _by_person(
    placements: Sequence[Placement], *, readers: Mapping[int, Reader], zone: tzinfo
) -> list[Held]:
    own: defaultdict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        if placement.radiologist is not None and placement.radiologist in readers:
            own[placement.radiologist].append(placement)
    return [Held(readers[number], tuple(held), zone) for number, held in own.items()]
