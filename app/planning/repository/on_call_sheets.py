"""Queries of on-call sheets, and of what calls for a new one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Centre, Radiologist, Site, User
from app.kit.errors import NotFound
from app.kit.interval import Interval
from app.planning.models import Assignment, OnCallSheet, PlanningRevision


async def find_latest(session: AsyncSession) -> OnCallSheet | None:
    """Find the latest sheet."""
    return await session.scalar(select(OnCallSheet).order_by(OnCallSheet.id.desc()).limit(1))


async def get_sheet(session: AsyncSession, sheet_id: int) -> OnCallSheet:
    """Read a sheet.

    Raises
    ------
    NotFound
        If there is none.
    """
    sheet = await session.get(OnCallSheet, sheet_id)
    if sheet is None:
        raise NotFound(f"there is no on-call sheet {sheet_id}")
    return sheet


async def list_sheets(session: AsyncSession, *, limit: int) -> Sequence[OnCallSheet]:
    """List sheets, newest first."""
    found = await session.scalars(select(OnCallSheet).order_by(OnCallSheet.id.desc()).limit(limit))
    return found.all()


async def add_sheet(session: AsyncSession, sheet: OnCallSheet) -> None:
    """Add a sheet."""
    session.add(sheet)
    await session.flush()


async def count_published(session: AsyncSession) -> int:
    """Count all published revisions."""
    counted = select(func.count()).where(PlanningRevision.number.is_not(None))
    return await session.scalar(counted) or 0


async def has_published_for(session: AsyncSession, *, interval: Interval, since: datetime) -> bool:
    """Tell whether a revision was published since an instant that says who is on guard then."""
    found = await session.scalar(
        select(PlanningRevision.id)
        .join(Assignment, Assignment.revision_id == PlanningRevision.id)
        .where(
            PlanningRevision.published_at >= since,
            Assignment.period.overlaps(Range(interval.start, interval.end)),
        )
        .limit(1)
    )
    return found is not None


async def list_centres(session: AsyncSession) -> Sequence[Centre]:
    """List the centres that are open, by name."""
    found = await session.scalars(
        select(Centre).where(Centre.disabled_at.is_(None)).order_by(Centre.name)
    )
    return found.all()


async def list_addresses(session: AsyncSession) -> list[str]:
    """List the mail addresses of all sites, and of all radiologists who have a login."""
    sites = await session.scalars(
        select(Site.email).where(Site.email.is_not(None), Site.disabled_at.is_(None))
    )
    readers = await session.scalars(
        select(User.email)
        .join(Radiologist, Radiologist.id == User.radiologist_id)
        .where(
            User.email.is_not(None), User.disabled_at.is_(None), Radiologist.disabled_at.is_(None)
        )
    )
    return sorted({each for each in (*sites, *readers) if each})
