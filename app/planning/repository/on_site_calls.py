"""Queries that write who is called to a site, and who is back."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.models import OnSiteCall


async def add_call(
    session: AsyncSession,
    *,
    seat_id: int,
    radiologist_id: int,
    written_by: int | None,
    now: datetime,
) -> OnSiteCall | None:
    """Note that a holder is called to the site; nothing where somebody noted it before."""
    statement = (
        insert(OnSiteCall)
        .values(
            seat_id=seat_id, radiologist_id=radiologist_id, called_at=now, written_by=written_by
        )
        .on_conflict_do_nothing(
            index_elements=["seat_id"], index_where=OnSiteCall.ended_at.is_(None)
        )
        .returning(OnSiteCall)
    )
    return (await session.scalars(statement)).one_or_none()


async def end_calls(
    session: AsyncSession, *, seat_id: int, now: datetime, except_of: int | None = None
) -> OnSiteCall | None:
    """End the call of a seat, unless it is somebody's; return it."""
    statement = (
        update(OnSiteCall)
        .where(OnSiteCall.seat_id == seat_id, OnSiteCall.ended_at.is_(None))
        .values(ended_at=now)
        .returning(OnSiteCall)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if except_of is not None:
        statement = statement.where(OnSiteCall.radiologist_id != except_of)
    return (await session.scalars(statement)).one_or_none()
