"""Queries on wishes: when radiologists would like, or not like, to be on guard."""

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import RadiologistSociety
from app.kit.interval import Interval
from app.planning.models import RadiologistWish
from app.planning.repository.ranges import to_range


async def list_wishes(
    session: AsyncSession,
    *,
    limit: int,
    scope: Scope,
    own: int | None,
    after: int | None = None,
    period: Interval | None = None,
    radiologist_id: int | None = None,
) -> list[RadiologistWish]:
    """List wishes by id: those of a radiologist's own, and of the members of a scope.

    Parameters
    ----------
    own
        Whose wishes are listed whatever the scope.
    """
    query = (
        select(RadiologistWish)
        .where(RadiologistWish.id > (after or 0))
        .order_by(RadiologistWish.id)
        .limit(limit)
    )
    if not scope.everything:
        members = select(RadiologistSociety.radiologist_id).where(
            RadiologistSociety.society_id.in_(scope.society_ids)
        )
        mine = RadiologistWish.radiologist_id == own
        query = query.where(or_(mine, RadiologistWish.radiologist_id.in_(members)))
    if period is not None:
        query = query.where(RadiologistWish.period.overlaps(to_range(period)))
    if radiologist_id is not None:
        query = query.where(RadiologistWish.radiologist_id == radiologist_id)
    return list((await session.scalars(query)).all())


async def find_wish(session: AsyncSession, wish_id: int) -> RadiologistWish | None:
    """Find a wish, locked until the end of the transaction."""
    query = select(RadiologistWish).where(RadiologistWish.id == wish_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def delete_wish(session: AsyncSession, wish_id: int) -> None:
    """Delete a wish."""
    await session.execute(delete(RadiologistWish).where(RadiologistWish.id == wish_id))
