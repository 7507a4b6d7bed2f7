"""Readings of the disk."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.retention.models import DiskReading


async def add_reading(session: AsyncSession, reading: DiskReading) -> None:
    """Keep a reading."""
    session.add(reading)
    await session.flush()


async def find_latest(session: AsyncSession) -> DiskReading | None:
    """Find the latest reading."""
    return await session.scalar(select(DiskReading).order_by(DiskReading.id.desc()).limit(1))


async def list_latest(session: AsyncSession, *, limit: int) -> Sequence[DiskReading]:
    """List readings, newest first."""
    found = await session.scalars(select(DiskReading).order_by(DiskReading.id.desc()).limit(limit))
    return found.all()


async def begin_sweep(session: AsyncSession, reading_id: int, *, now: datetime) -> bool:
    """Note that the sweep of a reading begins; tell whether nobody else began it."""
    begun = await session.scalar(
        update(DiskReading)
        .where(DiskReading.id == reading_id, DiskReading.swept_at.is_(None))
        .values(swept_at=now)
        .returning(DiskReading.id)
        .execution_options(synchronize_session=False)
    )
    return begun is not None
