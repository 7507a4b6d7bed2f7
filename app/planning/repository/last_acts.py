"""Queries on when holders of seats really worked last."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.models import LastAct


async def find_last_act(session: AsyncSession, seat_id: int) -> LastAct | None:
    """Find when the holder of a seat worked last, as it was told."""
    query = select(LastAct).where(LastAct.seat_id == seat_id)
    return (await session.scalars(query)).one_or_none()


async def map_last_acts(
    session: AsyncSession, *, radiologist_id: int, seat_ids: Collection[int]
) -> dict[int, datetime]:
    """Map seats to when this radiologist worked last for them, where it was told."""
    query = select(LastAct.seat_id, LastAct.acted_at).where(
        LastAct.radiologist_id == radiologist_id, LastAct.seat_id.in_(seat_ids)
    )
    return {row.seat_id: row.acted_at for row in (await session.execute(query)).all()}


async def put_last_act(
    session: AsyncSession,
    *,
    seat_id: int,
    radiologist_id: int,
    acted_at: datetime,
    now: datetime,
) -> None:
    """Write when the holder of a seat worked last, instead of what was told before."""
    values = {"radiologist_id": radiologist_id, "acted_at": acted_at, "written_at": now}
    statement = insert(LastAct).values(seat_id=seat_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["seat_id"], set_=values))
