"""Judge placements on what is in force beside them, whoever made them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.opened import find_owing
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.seats import AssignmentReason, Placement, Seat
from app.planning.domain.validator import Violation, judge
from app.planning.repository import assignments, people, plannings, segments

_LOOKED_BACK = timedelta(weeks=17)
"""The longest stretch that a rule looks at, the mean of four months."""


async def judge_revision(
    session: AsyncSession, revision_id: int, *, now: datetime | None = None
) -> list[Violation]:
    """Judge what a revision says, together with what stays in force beside it.

    Parameters
    ----------
    now
        Then changes at short notice are found too.
    """
    own = await assignments.list_of_revision(session, revision_id)
    return await judge_placements(session, own, now=now)


async def judge_placements(
    session: AsyncSession, own: Sequence[Placement], *, now: datetime | None = None
) -> list[Violation]:
    """Judge placements as if they were in force, instead of what is for their seats."""
    if not own:
        return []
    seat_ids = {each.seat.id for each in own}
    around = look_around(each.seat for each in own)
    demands = await plannings.list_demands(session, seat_ids=seat_ids)
    replaced = await assignments.list_in_force_of(session, seat_ids=_join(seat_ids, demands))
    holders = {each.radiologist for each in (*own, *replaced) if each.radiologist is not None}
    beside = {each.seat.id: each for each in replaced}
    for each in await assignments.list_in_force(session, period=around, ids=holders):
        beside[each.seat.id] = each
    zone = await find_zone(session)
    within = Interval(
        min(each.seat.interval.start for each in own), max(each.seat.interval.end for each in own)
    )
    readers = await people.list_readers(session, period=within, zone=zone, ids=holders)
    found = judge(
        [*own, *(each for each in beside.values() if each.seat.id not in seat_ids)],
        readers=readers,
        zone=zone,
        demands=demands,
        published={each.seat.id: each.radiologist for each in replaced},
        now=now,
    )
    return [each for each in found if seat_ids.intersection(each.seats)]


def _join(seat_ids: set[int], demands: Sequence[GuardDemand]) -> set[int]:
    return seat_ids.union(*(each.seats for each in demands))


async def place(
    session: AsyncSession, *, seat: Seat, society_id: int, radiologist_id: int | None
) -> Placement:
    """Make the placement of an edit; somebody of another society is on loan.

    An opened seat is owed by the host of whoever holds it, whatever society owed it before; whether
    they are authorised is for the judge to say.

    Raises
    ------
    NoSuchPlanning
        If the radiologist does not exist, or never belonged to a society.
    """
    reason = AssignmentReason.EDIT
    if radiologist_id is not None:
        reader = await find_reader(session, radiologist_id, seat=seat)
        if seat.opened:
            society_id = find_owing(reader, seat) or society_id
        elif not reader.is_member(society_id, at=seat.interval.start):
            reason = AssignmentReason.LOAN
    return Placement(seat=seat, society=society_id, radiologist=radiologist_id, reason=reason)


async def find_zone(session: AsyncSession) -> tzinfo:
    """Find the zone in which the group's days begin: that of its segments."""
    rules = await segments.list_rules(session)
    if not rules:
        raise NoSuchPlanning("there is no segment yet: lay the default ones, or send your own")
    return rules[0].zone


def look_around(seats: Iterable[Seat], *, period: Interval | None = None) -> Interval:
    """Return the time in which other work may break a rule together with these seats."""
    intervals = [seat.interval for seat in seats] + ([] if period is None else [period])
    return Interval(
        min(each.start for each in intervals) - _LOOKED_BACK,
        max(each.end for each in intervals) + _LOOKED_BACK,
    )


async def find_reader(session: AsyncSession, radiologist_id: int, *, seat: Seat) -> Reader:
    """Find a radiologist as the rosters of a seat see them.

    Raises
    ------
    NoSuchPlanning
        If there is none, or they never belonged to a society.
    """
    zone = await find_zone(session)
    found = await people.list_readers(
        session, period=seat.interval, zone=zone, ids=[radiologist_id]
    )
    if not found:
        raise NoSuchPlanning(f"there is no radiologist {radiologist_id} in any society")
    return found[0]
