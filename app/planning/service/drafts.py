"""Use cases of drafts: propose who holds which seat, change the proposal, judge it."""

import asyncio
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.interval import Interval
from app.planning.domain.errors import AlreadyPublished, NoSuchPlanning, NothingToShare
from app.planning.domain.seats import AssignmentReason, Placement, Reader, Seat
from app.planning.domain.sharing import share_out
from app.planning.domain.turn import take_turns
from app.planning.domain.validator import Violation, judge
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, people, plannings, segments, volumes

_NEIGHBOURS = timedelta(days=2)
"""How far beyond a period seats are looked at: farther ones leave rest enough."""


async def start_draft(
    session: AsyncSession, *, planning_id: int, reason: str, actor: Actor, now: datetime
) -> int:
    """Start an empty draft on what is in force, and return the id of the revision.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    NoSuchPlanning
        If there is no such planning.
    """
    require(actor, Permission.PLANNING_WRITE)
    await plannings.find_planning(session, planning_id)
    return await add_draft(session, planning_id=planning_id, reason=reason, actor=actor, now=now)


async def add_draft(
    session: AsyncSession, *, planning_id: int, reason: str, actor: Actor, now: datetime
) -> int:
    """Add an empty draft for somebody who was found to be allowed to."""
    return await plannings.add_revision(
        session,
        planning_id=planning_id,
        base_number=await plannings.find_latest_number(session, planning_id),
        reason=reason,
        created_by=actor.user_id,
        now=now,
    )


async def generate_draft(
    session: AsyncSession,
    *,
    planning_id: int,
    actor: Actor,
    now: datetime,
    reference: Range[date] | None = None,
    reason: str = "",
) -> int:
    """Propose a holder for every seat of a planning, and return the id of the revision.

    Seats go to societies in proportion to their volumes, and to their radiologists by turn; those
    in force that have begun are kept.

    Parameters
    ----------
    reference
        Period of the volumes; the one that ends last when absent.

    Raises
    ------
    PermissionDenied, NoSuchPlanning
        As `start_draft`.
    NothingToShare
        If no society that is a member when the planning begins has a volume in the reference.
    """
    require(actor, Permission.PLANNING_WRITE)
    period = people.to_interval((await plannings.find_planning(session, planning_id)).period)
    seats = await plannings.list_seats(session, planning_id=planning_id)
    brought = await _list_volumes(session, reference=reference, at=period.start)
    ids = {each.name: each.society_id for each in brought}
    owed, rights = share_out(seats, volumes={each.name: each.exams for each in brought})
    societies = {seat: ids[name] for seat, name in owed.items()}
    placements = await _fill(session, seats, societies=societies, period=period, now=now)
    revision_id = await add_draft(
        session, planning_id=planning_id, reason=reason, actor=actor, now=now
    )
    await assignments.add_placements(session, revision_id=revision_id, placements=placements)
    await assignments.add_rights(session, revision_id=revision_id, rights=rights, societies=ids)
    return revision_id


async def _fill(
    session: AsyncSession,
    seats: list[Seat],
    *,
    societies: dict[int, int],
    period: Interval,
    now: datetime,
) -> list[Placement]:
    """Fill the seats that have not begun by turn, beside what stays in force around them."""
    around = widen(period, seats)
    kept = [
        each
        for each in await assignments.list_in_force(session, period=around)
        if each.seat.id not in societies or each.seat.interval.start <= now
    ]
    begun = {each.seat.id for each in kept}
    zone = await find_zone(session)
    # A year takes seconds: in a thread the loop goes on meanwhile, and no row is locked.
    return await asyncio.to_thread(
        take_turns,
        [seat for seat in seats if seat.id not in begun],
        societies=societies,
        readers=await people.list_readers(session, period=around, zone=zone),
        held=_intervals_by_person(kept),
    )


async def edit_draft(
    session: AsyncSession,
    *,
    revision_id: int,
    seat_id: int,
    radiologist_id: int | None,
    actor: Actor,
) -> list[Violation]:
    """Propose another holder for a seat, or nobody, and return what the draft breaks by it.

    Raises
    ------
    NoSuchPlanning
        If the draft has no such seat, or the radiologist does not exist.
    AlreadyPublished
        If it is no draft any more.
    PermissionDenied
        If the actor may not plan for the society that owes the seat.
    """
    revision = await lock_draft(session, revision_id)
    seat, planning_id = await plannings.find_seat(session, seat_id)
    if planning_id != revision.planning_id:
        raise NoSuchPlanning(f"seat {seat_id} is none of planning {revision.planning_id}")
    current = await assignments.find_in_draft(
        session, seat_id=seat_id, revision_id=revision_id
    ) or await assignments.find_in_force(session, seat_id=seat_id)
    if current is None:
        raise NoSuchPlanning(f"no society owes seat {seat_id} yet: generate a draft first")
    require(actor, Permission.PLANNING_WRITE, society_id=current.society_id)
    placement = await place(
        session, seat=seat, society_id=current.society_id, radiologist_id=radiologist_id
    )
    await assignments.propose(session, revision_id=revision_id, placement=placement)
    found = await judge_revision(session, revision_id)
    return [each for each in found if seat_id in each.seats]


async def discard_draft(session: AsyncSession, revision_id: int, *, actor: Actor) -> None:
    """Throw a draft away.

    Raises
    ------
    AlreadyPublished
        If it is no draft any more.
    PermissionDenied
        If the actor may not plan for the whole group.
    """
    require(actor, Permission.PLANNING_WRITE)
    await lock_draft(session, revision_id)
    await assignments.drop_draft(session, revision_id)


async def judge_revision(session: AsyncSession, revision_id: int) -> list[Violation]:
    """Judge what a revision says, together with what stays in force around it."""
    own = await assignments.list_of_revision(session, revision_id)
    if not own:
        return []
    around = widen(None, [each.seat for each in own])
    people_ids = {each.radiologist for each in own if each.radiologist is not None}
    seat_ids = {each.seat.id for each in own}
    others = [
        each
        for each in await assignments.list_in_force(session, period=around)
        if each.seat.id not in seat_ids and each.radiologist in people_ids
    ]
    zone = await find_zone(session)
    readers = await people.list_readers(session, period=around, zone=zone, ids=people_ids)
    found = judge([*own, *others], readers=readers)
    return [each for each in found if seat_ids.intersection(each.seats)]


async def place(
    session: AsyncSession, *, seat: Seat, society_id: int, radiologist_id: int | None
) -> Placement:
    """Make the placement of an edit; somebody of another society is on loan.

    Raises
    ------
    NoSuchPlanning
        If the radiologist does not exist, or never belonged to a society.
    """
    reason = AssignmentReason.EDIT
    if radiologist_id is not None:
        reader = await _find_reader(session, radiologist_id, seat)
        if not reader.is_member(society_id, at=seat.interval.start):
            reason = AssignmentReason.LOAN
    return Placement(seat=seat, society=society_id, radiologist=radiologist_id, reason=reason)


async def lock_draft(session: AsyncSession, revision_id: int) -> PlanningRevision:
    """Find a draft that nobody else can change or publish until the end of the transaction.

    Raises
    ------
    NoSuchPlanning
        If there is no such revision.
    AlreadyPublished
        If it is no draft any more.
    """
    revision = await plannings.find_revision(session, revision_id)
    await plannings.lock_planning(session, revision.planning_id)
    revision = await plannings.find_revision(session, revision_id)
    if revision.number is not None and revision.published_at is not None:
        raise AlreadyPublished(number=revision.number, at=revision.published_at)
    return revision


async def find_zone(session: AsyncSession) -> tzinfo:
    """Find the zone in which the group's days begin: that of its segments."""
    rules = await segments.list_rules(session)
    if not rules:
        raise NoSuchPlanning("there is no segment yet: lay the default ones, or send your own")
    return rules[0].zone


def widen(period: Interval | None, seats: list[Seat]) -> Interval:
    """Return the time in which other seats may leave too little rest for these."""
    intervals = [seat.interval for seat in seats] + ([] if period is None else [period])
    return Interval(
        min(each.start for each in intervals) - _NEIGHBOURS,
        max(each.end for each in intervals) + _NEIGHBOURS,
    )


async def _find_reader(session: AsyncSession, radiologist_id: int, seat: Seat) -> Reader:
    zone = await find_zone(session)
    found = await people.list_readers(
        session, period=seat.interval, zone=zone, ids=[radiologist_id]
    )
    if not found:
        raise NoSuchPlanning(f"there is no radiologist {radiologist_id} in any society")
    return found[0]


async def _list_volumes(
    session: AsyncSession, *, reference: Range[date] | None, at: datetime
) -> list[volumes.SocietyVolume]:
    on = at.astimezone(await find_zone(session)).date()
    chosen = reference or await volumes.find_latest_reference(session)
    found = (
        []
        if chosen is None
        else await volumes.list_society_volumes(session, reference=chosen, on=on)
    )
    if not any(each.exams for each in found):
        raise NothingToShare(
            f"no society that is a member on {on} has a volume in the reference period; "
            f"import volumes first"
        )
    return found


def _intervals_by_person(placements: list[Placement]) -> dict[int, list[Interval]]:
    held: dict[int, list[Interval]] = {}
    for each in placements:
        if each.radiologist is not None:
            held.setdefault(each.radiologist, []).append(each.seat.interval)
    return held
