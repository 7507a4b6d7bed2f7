"""Queries behind the proof of a sharing."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.models import Entitlement, MonthlyVolume, PlanningRevision, VolumeSnapshot


@dataclass(frozen=True, slots=True)
class Reads:
    """What a society brought and read in some months.

    Parameters
    ----------
    period
        First day of the first month, first day after the last one.
    """

    period: Range[date]
    brought: int
    read: int
    read_for_others: int


async def find_shared_revision(session: AsyncSession, planning_id: int) -> PlanningRevision | None:
    """Find the last published revision of a planning that was made by sharing."""
    query = (
        select(PlanningRevision)
        .where(
            PlanningRevision.planning_id == planning_id,
            PlanningRevision.number.is_not(None),
            PlanningRevision.id.in_(select(Entitlement.revision_id)),
        )
        .order_by(PlanningRevision.number.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def sum_reads(session: AsyncSession, *, revision_id: int, society_id: int) -> Reads | None:
    """Sum up what a society brought and read in the months that a sharing was made from."""
    frozen = (
        select(VolumeSnapshot.period)
        .join(Entitlement, Entitlement.snapshot_id == VolumeSnapshot.id)
        .where(Entitlement.revision_id == revision_id)
        .limit(1)
    )
    period = (await session.scalars(frozen)).one_or_none()
    if period is None:
        return None
    query = select(
        func.coalesce(func.sum(MonthlyVolume.exams), 0),
        func.coalesce(func.sum(MonthlyVolume.read_count), 0),
        func.coalesce(func.sum(MonthlyVolume.read_for_others), 0),
    ).where(
        MonthlyVolume.society_id == society_id,
        MonthlyVolume.month >= period.lower,
        MonthlyVolume.month < period.upper,
    )
    brought, read, read_for_others = (await session.execute(query)).one()
    return Reads(period, brought, read, read_for_others)
