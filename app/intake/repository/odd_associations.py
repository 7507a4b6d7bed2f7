"""Queries on associations that somebody must be told of: refused, or let in with a mark."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.models import Association


async def lock_untold(
    session: AsyncSession, *, limit: int, without: Collection[UUID]
) -> Sequence[Association]:
    """Lock odd associations of which nobody was told, oldest first; held ones are passed over."""
    found = await session.scalars(
        select(Association)
        .where(
            Association.told_at.is_(None),
            or_(Association.outcome == "refused", Association.mark.is_not(None)),
            Association.id.not_in(without),
        )
        .order_by(Association.opened_at, Association.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()
