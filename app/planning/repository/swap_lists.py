"""Queries on swaps that are settled, newest first."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.swaps import OPEN
from app.planning.models import Swap


async def list_settled(
    session: AsyncSession,
    *,
    since: datetime,
    limit: int,
    radiologist_id: int | None = None,
    society_ids: Collection[int] | None = None,
) -> list[Swap]:
    """List swaps that came to rest at or after an instant, the latest first, then by id.

    Parameters
    ----------
    radiologist_id
        Only those in which this one is on whichever side.
    society_ids
        Only those of givers of these societies; absent: of all.
    """
    query = (
        select(Swap)
        .where(Swap.state.not_in(OPEN), Swap.state_at >= since)
        .order_by(Swap.state_at.desc(), Swap.id.desc())
        .limit(limit)
    )
    if radiologist_id is not None:
        sides = (Swap.giver_id, Swap.addressed_id, Swap.taker_id)
        query = query.where(or_(*(side == radiologist_id for side in sides)))
    if society_ids is not None:
        query = query.where(Swap.society_id.in_(society_ids))
    return list((await session.scalars(query)).all())
