"""What is kept of the sites that have a quota."""

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Site
from app.intake.models import Instance, Series, Study
from app.retention.domain.quota import Stored
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task


async def list_stored(session: AsyncSession) -> list[Stored]:
    """List the sites that have a quota, or had one that was passed, with what is kept of each."""
    standing = select(Task.subject).where(
        Task.kind == TaskKind.QUOTA.value, Task.settled_at.is_(None)
    )
    kept_bytes = (
        select(func.coalesce(func.sum(Instance.size_bytes), 0))
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Series.study_id)
        .where(Study.site_id == Site.id, Instance.purged_at.is_(None))
        .correlate(Site)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Site.id, kept_bytes, Site.quota_gib)
        .where(or_(Site.quota_gib.is_not(None), cast(Site.id, String).in_(standing)))
        .order_by(Site.id)
    )
    return [
        Stored(site_id=site_id, kept_bytes=int(kept), quota_gib=quota_gib)
        for site_id, kept, quota_gib in rows
    ]
