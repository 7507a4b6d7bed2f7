"""Queries on the seats of special days."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.models import Assignment
from app.planning.repository.people import to_interval, to_range


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """A seat in force: the society that owed it, who holds it, its hours."""

    society: int
    radiologist: int | None
    interval: Interval


async def list_held(session: AsyncSession, *, meeting: Sequence[Interval]) -> list[HeldSeat]:
    """List the seats in force that meet one of some stretches of time, by start, then id."""
    query = (
        select(Assignment.society_id, Assignment.radiologist_id, Assignment.period)
        .where(
            Assignment.in_force,
            or_(*(Assignment.period.overlaps(to_range(each)) for each in meeting)),
        )
        .order_by(Assignment.period, Assignment.id)
    )
    rows = (await session.execute(query)).all()
    return [HeldSeat(row[0], row[1], to_interval(row[2])) for row in rows]
