"""Use cases of drafts: start one, propose who holds which seat, throw it away."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.interval import Interval
from app.planning.domain.errors import AlreadyPublished
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.people import Reader, Work
from app.planning.domain.seats import Placement, Seat
from app.planning.domain.turn import take_turns
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, people, plannings
from app.planning.repository.runs import forget_draft
from app.planning.service.drafts_sharing import (
    add_unshared,
    find_brought,
    keep_rights,
    share_seats,
)
from app.planning.service.judging import find_zone, look_around


async def start_draft(
    session: AsyncSession,
    *,
    planning_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    name: str = "",
) -> int:
    """Start an empty draft on what is in force, and return the id of the revision.

    Parameters
    ----------
    name
        To tell it from other drafts beside it.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    NoSuchPlanning
        If there is no such planning.
    """
    require(actor, Permission.PLANNING_WRITE)
    await plannings.find_planning(session, planning_id)
    return await add_draft(
        session, planning_id=planning_id, reason=reason, actor=actor, now=now, name=name
    )


async def add_draft(
    session: AsyncSession,
    *,
    planning_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    kind: RevisionKind = RevisionKind.DRAFT,
    name: str = "",
    base: int | None = None,
) -> int:
    """Add an empty draft for somebody who was found to be allowed to.

    Parameters
    ----------
    base
        The last published revision before the caller read anything: one that is published since
        makes the draft stale. Absent: the last there is.
    """
    if base is None:
        base = await plannings.find_latest_number(session, planning_id)
    return await plannings.add_revision(
        session,
        planning_id=planning_id,
        base_number=base,
        reason=reason,
        created_by=actor.user_id,
        now=now,
        kind=kind,
        name=name,
    )


async def generate_draft(
    session: AsyncSession,
    *,
    planning_id: int,
    actor: Actor,
    now: datetime,
    reference: Range[date] | None = None,
    reason: str = "",
    name: str = "",
) -> int:
    """Propose a holder for every seat of a planning, and return the id of the revision.

    Seats go to societies in proportion to their volumes, and to their radiologists by turn; those
    in force that have begun are kept. Opened seats are given by hand, and stay as they are.

    Parameters
    ----------
    reference
        Period of the imported volumes; absent: those frozen last, or else the last reference.

    Raises
    ------
    PermissionDenied, NoSuchPlanning, NothingToShare
        As `start_draft`; or if no member of its first day has a volume in the reference.
    """
    require(actor, Permission.PLANNING_WRITE)
    period = people.to_interval((await plannings.find_planning(session, planning_id)).period)
    base = await plannings.find_latest_number(session, planning_id)
    seats = await plannings.list_seats(session, planning_id=planning_id)
    brought = await find_brought(session, reference=reference, at=period.start)
    sharing = await share_seats(session, seats, planning_id=planning_id, brought=brought, now=now)
    societies = await add_unshared(session, sharing.owed, planning_id=planning_id)
    owed = [seat for seat in seats if seat.id in societies and not seat.opened]
    placements = await _fill(session, owed, societies=societies, period=period, now=now)
    revision_id = await add_draft(
        session, planning_id=planning_id, reason=reason, actor=actor, now=now, name=name, base=base
    )
    await assignments.add_placements(session, revision_id=revision_id, placements=placements)
    await keep_rights(session, revision_id, sharing=sharing, brought=brought)
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
    around = look_around(seats, period=period)
    in_force = await assignments.list_in_force(session, period=around)
    own = {each.id for each in seats}
    begun = [each for each in in_force if each.seat.id in own and each.seat.interval.start <= now]
    beside = _intervals_by_person([each for each in in_force if each.seat.id not in own])
    zone = await find_zone(session)
    readers = await people.list_readers(session, period=period, zone=zone)
    kept = {each.seat.id for each in begun}
    # A year takes seconds: in a thread the loop goes on meanwhile, and no row is locked.
    return await asyncio.to_thread(
        take_turns,
        [seat for seat in seats if seat.id not in kept],
        societies=societies,
        readers=[
            _add_work(reader, beside.get(reader.id, []))
            for reader in readers
            if not reader.is_guest
        ],
        held=_intervals_by_person(begun),
        zone=zone,
    )


def _add_work(reader: Reader, held: Sequence[Interval]) -> Reader:
    """Let seats of other periods count for rest, hours and nights, but not as turns taken."""
    return replace(reader, past=(*reader.past, *(Work(each) for each in held)))


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
    await forget_draft(session, revision_id)
    await assignments.drop_draft(session, revision_id)


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


def _intervals_by_person(placements: list[Placement]) -> dict[int, list[Interval]]:
    held: dict[int, list[Interval]] = {}
    for each in placements:
        if each.radiologist is not None:
            held.setdefault(each.radiologist, []).append(each.seat.interval)
    return held
