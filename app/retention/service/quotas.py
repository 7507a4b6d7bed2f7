"""Use case of quotas: say which sites have stored more than was agreed."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.retention.repository import quotas
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind


async def tell_quotas(session: AsyncSession, *, now: datetime) -> None:
    """Raise a task for each site above its quota; settle those of sites that no longer are."""
    for stored in await quotas.list_stored(session):
        subject = str(stored.site_id)
        if stored.is_above:
            await tasks.raise_task(
                session,
                TaskKind.QUOTA,
                subject=subject,
                site_id=stored.site_id,
                now=now,
                detail={"stored": stored.kept_gib, "quota": stored.quota_gib},
            )
        else:
            await tasks.settle_by_itself(
                session, TaskKind.QUOTA, subject=subject, outcome="below_quota", now=now
            )
