"""Queries of those who look at guards and seats one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import User
from app.kit.interval import Interval
from app.planning.models import Assignment, Guard, PlanningRevision
from app.planning.models import Seat as SeatRow
from app.planning.repository.people import to_range


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """A seat with what is in force for it; nothing is, before its planning is published."""

    id: int
    guard_id: int
    planning_id: int
    segment: str
    line: str
    kind: str
    ordinal: int
    start: datetime
    end: datetime
    society_id: int | None
    radiologist_id: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class PastAssignment:
    """What a published revision said of a seat."""

    revision_id: int
    number: int
    published_at: datetime
    society_id: int
    radiologist_id: int | None
    reason: str
    note: str
    in_force: bool
    published_by: int | None
    published_by_name: str | None


async def list_guards(
    session: AsyncSession,
    *,
    limit: int,
    after: int | None = None,
    period: Interval | None = None,
    planning_id: int | None = None,
) -> Sequence[Guard]:
    """List guards by id: those that touch a period, those of a planning."""
    query = select(Guard).where(Guard.id > (after or 0)).order_by(Guard.id).limit(limit)
    if period is not None:
        query = query.where(Guard.period.overlaps(to_range(period)))
    if planning_id is not None:
        query = query.where(Guard.planning_id == planning_id)
    return (await session.scalars(query)).all()


async def find_end_on_site(session: AsyncSession, *, site_id: int) -> datetime | None:
    """Find when the last guard of a site's own line ends that is laid out."""
    query = select(func.max(func.upper(Guard.period))).where(
        Guard.site_id == site_id, Guard.cancelled_at.is_(None)
    )
    found: datetime | None = (await session.execute(query)).scalar_one()
    return found


async def list_held_seats(
    session: AsyncSession,
    *,
    limit: int,
    after: int | None = None,
    period: Interval | None = None,
    planning_id: int | None = None,
    seat_id: int | None = None,
) -> list[HeldSeat]:
    """List seats by id, with who holds them by what is in force."""
    query = (
        select(
            SeatRow.id,
            SeatRow.guard_id,
            Guard.planning_id,
            Guard.segment_code,
            Guard.line,
            SeatRow.kind,
            SeatRow.ordinal,
            func.lower(SeatRow.period),
            func.upper(SeatRow.period),
            Assignment.society_id,
            Assignment.radiologist_id,
            Assignment.reason,
        )
        .join(Guard, Guard.id == SeatRow.guard_id)
        .outerjoin(Assignment, and_(Assignment.seat_id == SeatRow.id, Assignment.in_force))
        .where(SeatRow.id > (after or 0))
        .order_by(SeatRow.id)
        .limit(limit)
    )
    if period is not None:
        query = query.where(SeatRow.period.overlaps(to_range(period)))
    if planning_id is not None:
        query = query.where(Guard.planning_id == planning_id)
    if seat_id is not None:
        query = query.where(SeatRow.id == seat_id)
    return [HeldSeat(*row) for row in (await session.execute(query)).all()]


async def list_history(session: AsyncSession, *, seat_id: int) -> list[PastAssignment]:
    """List what the published revisions said of a seat, oldest first."""
    query = (
        select(
            Assignment.revision_id,
            PlanningRevision.number,
            PlanningRevision.published_at,
            Assignment.society_id,
            Assignment.radiologist_id,
            Assignment.reason,
            PlanningRevision.reason,
            Assignment.in_force,
            PlanningRevision.published_by,
            User.display_name,
        )
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .outerjoin(User, User.id == PlanningRevision.published_by)
        .where(Assignment.seat_id == seat_id, PlanningRevision.number.is_not(None))
        .order_by(PlanningRevision.number)
    )
    rows: Sequence[Any] = (await session.execute(query)).all()
    return [PastAssignment(*row) for row in rows]
