"""Giving files up: first their rows, then, outside any transaction, the files themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.models import Instance, Series

_LEFT = (Instance.purged_at.is_not(None), Instance.path != "")


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A file whose row says that it is given up; `path` is relative to the data folder."""

    instance_id: int
    arrival_id: UUID
    path: str
    size_bytes: int


async def give_up(session: AsyncSession, study_id: int, *, now: datetime) -> list[GivenUp]:
    """Give up all files of a study that are kept; who calls holds its lock."""
    series = select(Series.id).where(Series.study_id == study_id)
    rows = await session.execute(
        update(Instance)
        .where(Instance.series_id.in_(series), Instance.purged_at.is_(None))
        .values(purged_at=now)
        .returning(Instance.id, Instance.arrival_id, Instance.path, Instance.size_bytes)
        .execution_options(synchronize_session=False)
    )
    return [GivenUp(*row) for row in rows]


async def list_left(session: AsyncSession, *, limit: int) -> list[GivenUp]:
    """List files that were given up and may still be there: a removal was interrupted."""
    rows = await session.execute(
        select(Instance.id, Instance.arrival_id, Instance.path, Instance.size_bytes)
        .where(*_LEFT)
        .order_by(Instance.id)
        .limit(limit)
    )
    return [GivenUp(*row) for row in rows]


async def note_removed(session: AsyncSession, instance_ids: Collection[int]) -> None:
    """Note that the files of instances are gone."""
    await session.execute(
        update(Instance)
        .where(Instance.id.in_(instance_ids), *_LEFT)
        .values(path="")
        .execution_options(synchronize_session=False)
    )
