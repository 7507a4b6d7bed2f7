"""Queries on the tries of a delivery; rows are only added."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.models import Attempt


async def add_attempt(session: AsyncSession, attempt: Attempt) -> None:
    """Keep a try for good."""
    session.add(attempt)
    await session.flush()


async def list_attempts(session: AsyncSession, delivery_id: int) -> Sequence[Attempt]:
    """List the tries of a delivery, oldest first."""
    rows = await session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
    )
    return rows.all()
