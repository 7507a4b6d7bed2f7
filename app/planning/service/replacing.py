"""Use case of whoever is short of a reader now: put somebody into a published seat."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.errors import NoSuchPlanning, SeatChanged
from app.planning.domain.revisions import RevisionKind, Seen
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, Seat
from app.planning.events import PlanningPublished
from app.planning.repository import assignments, plannings
from app.planning.service.judging import place
from app.planning.service.oneself import beyond_oneself
from app.planning.service.publishing import hold_publications, publish_change


async def put_reader(
    session: AsyncSession,
    *,
    seat_id: int,
    radiologist_id: int,
    seen: Seen,
    actor: Actor,
    now: datetime,
    reason: str,
    accepted: Collection[Rule] = (),
) -> PlanningPublished:
    """Put a radiologist into a published seat at once, as a small revision; the account follows.

    A coordinator may, who cannot publish plannings: at night nobody else is awake who could.

    Raises
    ------
    PermissionDenied
        If the actor neither plans for the society that owes the seat nor coordinates.
    NoSuchPlanning, SeatChanged, Invalid, RulesBroken, RadiologistBusy
        As `assign_seat`.
    """
    seat, planning_id = await plannings.find_seat(session, seat_id)
    now += await hold_publications(session, planning_id)
    # Somebody may have given it other hours while this one waited.
    seat, _ = await plannings.find_seat(session, seat_id)
    society_id = await _check(session, seat, seen=seen, actor=actor, now=now)
    holder = await place(session, seat=seat, society_id=society_id, radiologist_id=radiologist_id)
    if holder.reason is AssignmentReason.EDIT:
        holder = replace(holder, reason=AssignmentReason.REPAIR)
    return await publish_change(
        session,
        planning_id=planning_id,
        placements=[holder],
        kind=RevisionKind.REPAIR,
        actor=actor,
        now=now,
        reason=reason,
        accepted=accepted,
    )


async def _check(
    session: AsyncSession, seat: Seat, *, seen: Seen, actor: Actor, now: datetime
) -> int:
    """Refuse what the actor may not do to a seat; return the society that owes it."""
    current = await assignments.find_in_force(session, seat_id=seat.id)
    if current is None:
        raise NoSuchPlanning(f"seat {seat.id} is not published: nobody has to be replaced")
    require(beyond_oneself(actor), Permission.SWAP_WRITE, society_id=current.society_id)
    if current.radiologist_id != seen.radiologist:
        raise SeatChanged(seat_id=seat.id, radiologist_id=current.radiologist_id)
    if seat.interval.end <= now:
        raise Invalid(f"seat {seat.id} was over at {seat.interval.end:%Y-%m-%d %H:%M} UTC")
    return current.society_id
