"""Queries on the tries of a delivery; rows are only added."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.models import Attempt

_ADD = insert(Attempt)


async def add_attempts(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Keep tries for good."""
    await session.execute(_ADD, rows)


async def list_attempts(session: AsyncSession, delivery_id: int) -> Sequence[Attempt]:
    """List the tries of a delivery, oldest first."""
    rows = await session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
    )
    return rows.all()
