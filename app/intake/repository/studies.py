"""Queries on studies for those who carry their news on."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Site
from app.intake.models import Study

# A study of which only paper is announced has no images yet: it cannot be complete.
_ANNOUNCED = Study.announced_count > Study.paper_count
_INCOMPLETE = Study.complete_at.is_(None)


async def lock_studies_with_news(
    session: AsyncSession, *, limit: int, without: Collection[int]
) -> Sequence[Study]:
    """Lock studies with images that no case was told of, longest known first.

    Those that another transaction holds are passed over: it tells of them, or they come again.
    """
    found = await session.scalars(
        select(Study)
        .where(Study.instance_count != Study.announced_count, Study.id.not_in(without))
        .order_by(Study.first_image_at, Study.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def lock_study(session: AsyncSession, study_id: int) -> tuple[Study, int] | None:
    """Lock a study as those do who record its instances; with the society of its site."""
    row = (
        await session.execute(
            select(Study, Site.society_id)
            .join(Site, Site.id == Study.site_id)
            .where(Study.id == study_id)
            .with_for_update(of=Study, key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def mark_due_complete(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Mark announced studies that are due, earliest first; return their keys."""
    due = (
        select(Study.id)
        .where(_INCOMPLETE, _ANNOUNCED, Study.complete_due_at <= now)
        .order_by(Study.complete_due_at, Study.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    marked = await session.scalars(
        update(Study)
        .where(Study.id.in_(due.scalar_subquery()), _INCOMPLETE)
        .values(complete_at=now)
        .returning(Study.id)
        .execution_options(synchronize_session="fetch")
    )
    return sorted(marked)


async def mark_complete(
    session: AsyncSession, *, study_id: int, now: datetime, reason: str
) -> bool:
    """Mark one study, whatever its due time; tell whether it was incomplete until now."""
    marked = await session.scalars(
        update(Study)
        .where(Study.id == study_id, _INCOMPLETE)
        .values(complete_at=now, complete_reason=reason)
        .returning(Study.id)
        .execution_options(synchronize_session="fetch")
    )
    return marked.one_or_none() is not None


async def find_earliest_due(session: AsyncSession) -> datetime | None:
    """Find when the next announced study will be due."""
    due: datetime | None = await session.scalar(
        select(func.min(Study.complete_due_at)).where(_INCOMPLETE, _ANNOUNCED)
    )
    return due
