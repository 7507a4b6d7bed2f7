"""Queries on associations that somebody must be told of: refused, or let in with a mark."""

from collections.abc import Collection, Sequence
from datetime import datetime
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


async def came_renewed(
    session: AsyncSession, *, sender_id: int, certificate_name: str, since: datetime
) -> bool:
    """Tell whether a sender has come since with a certificate of that name which is in force."""
    found = await session.scalar(
        select(Association.id)
        .where(
            Association.sender_id == sender_id,
            Association.certificate_name == certificate_name,
            Association.opened_at > since,
            Association.certificate_not_after >= Association.opened_at,
        )
        .limit(1)
    )
    return found is not None
