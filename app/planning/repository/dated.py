"""Queries on what is written of a radiologist from a date until another one."""

from collections import defaultdict
from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.models import Authorisation, WorkingTime

Dated = TypeVar("Dated", Authorisation, WorkingTime)


async def list_rows(
    session: AsyncSession,
    model: type[Dated],
    *,
    limit: int,
    after: int | None = None,
    radiologist_id: int | None,
) -> list[Dated]:
    """List rows by id: all, or those of a radiologist."""
    query = select(model).where(model.id > (after or 0))
    if radiologist_id is not None:
        query = query.where(model.radiologist_id == radiologist_id)
    return list((await session.scalars(query.order_by(model.id).limit(limit))).all())


async def map_rows(
    session: AsyncSession, model: type[Dated], *, radiologist_ids: Collection[int]
) -> dict[int, list[Dated]]:
    """Map radiologists to their rows, those that are over too, oldest first."""
    query = (
        select(model)
        .where(model.radiologist_id.in_(radiologist_ids))
        .order_by(func.lower(model.valid))
    )
    found: defaultdict[int, list[Dated]] = defaultdict(list)
    for row in (await session.scalars(query)).all():
        found[row.radiologist_id].append(row)
    return dict(found)


async def find_row(session: AsyncSession, model: type[Dated], row_id: int) -> Dated | None:
    """Find a row, locked until the end of the transaction."""
    query = select(model).where(model.id == row_id).with_for_update()
    return (await session.scalars(query)).one_or_none()
