"""Queries on gaps: seats ahead that nobody holds, each told once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.models import Assignment, Gap, Guard, PlanningRevision
from app.planning.models import Seat as SeatRow


@dataclass(frozen=True, slots=True)
class OpenSeat:
    """A published seat that nobody holds, and the society that owes it, if any does."""

    seat_id: int
    society_id: int | None
    segment: str
    start: datetime
    end: datetime


async def list_uncovered(
    session: AsyncSession, *, now: datetime, until: datetime
) -> list[OpenSeat]:
    """List the seats of published plannings that begin from now on and nobody holds, by start."""
    published = select(PlanningRevision.planning_id).where(PlanningRevision.number.is_not(None))
    query = (
        select(
            SeatRow.id,
            Assignment.society_id,
            Guard.segment_code,
            func.lower(SeatRow.period).label("start"),
            func.upper(SeatRow.period).label("end"),
        )
        .join(Guard, Guard.id == SeatRow.guard_id)
        .outerjoin(Assignment, and_(Assignment.seat_id == SeatRow.id, Assignment.in_force))
        .where(
            Guard.planning_id.in_(published),
            SeatRow.closed_at.is_(None),
            SeatRow.period.overlaps(Range(now, until)),
            func.lower(SeatRow.period) >= now,
            Assignment.radiologist_id.is_(None),
            ~SeatRow.opened | Assignment.id.is_not(None),
        )
        .order_by(func.lower(SeatRow.period), SeatRow.id)
    )
    rows: Any = (await session.execute(query)).all()
    return [OpenSeat(row.id, row.society_id, row.segment_code, row.start, row.end) for row in rows]


async def add_gap(session: AsyncSession, *, seat_id: int, now: datetime) -> bool:
    """Note a gap, unless it is known; tell whether it was new."""
    statement = (
        insert(Gap)
        .values(seat_id=seat_id, found_at=now)
        .on_conflict_do_nothing(index_elements=["seat_id"], index_where=text("closed_at IS NULL"))
        .returning(Gap.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def close_filled(session: AsyncSession, *, now: datetime) -> list[int]:
    """Close the gaps whose seat is held, was taken out, or has begun; return their seats."""
    over = (
        select(SeatRow.id)
        .outerjoin(Assignment, and_(Assignment.seat_id == SeatRow.id, Assignment.in_force))
        .where(
            or_(
                SeatRow.closed_at.is_not(None),
                Assignment.radiologist_id.is_not(None),
                func.lower(SeatRow.period) < now,
            )
        )
    )
    statement = (
        update(Gap)
        .where(Gap.closed_at.is_(None), Gap.seat_id.in_(over))
        .values(closed_at=now)
        .returning(Gap.seat_id)
        .execution_options(synchronize_session=False)
    )
    return sorted((await session.scalars(statement)).all())
