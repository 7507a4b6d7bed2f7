"""Queries on volumes that were frozen; their shares are never changed."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import User
from app.planning.domain.volumes.reference import FrozenShare
from app.planning.models import SnapshotShare, VolumeSnapshot

_COLUMNS = (
    "exams", "weighted", "common", "tests", "resends", "priors", "refusals", "share",
)  # fmt: skip


async def add_snapshot(
    session: AsyncSession,
    shares: Iterable[FrozenShare],
    *,
    period: Range[date],
    user_id: int | None,
    note: str,
    now: datetime,
) -> VolumeSnapshot:
    """Add a snapshot with its shares."""
    row = VolumeSnapshot(period=period, frozen_at=now, frozen_by=user_id, note=note)
    session.add(row)
    await session.flush()
    await session.execute(
        insert(SnapshotShare),
        [
            {name: getattr(each, name) for name in _COLUMNS}
            | {"snapshot_id": row.id, "society_id": each.society}
            for each in shares
        ],
    )
    return row


async def list_snapshots(
    session: AsyncSession, *, limit: int, after: int | None = None
) -> list[tuple[VolumeSnapshot, str | None]]:
    """List snapshots, the last one first, each with the name of who froze it."""
    query = (
        select(VolumeSnapshot, User.display_name)
        .outerjoin(User, User.id == VolumeSnapshot.frozen_by)
        .order_by(VolumeSnapshot.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(VolumeSnapshot.id < after)
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def find_snapshot(session: AsyncSession, snapshot_id: int) -> VolumeSnapshot | None:
    """Find a snapshot."""
    return await session.get(VolumeSnapshot, snapshot_id)


async def find_latest(session: AsyncSession) -> VolumeSnapshot | None:
    """Find the snapshot that was frozen last."""
    query = select(VolumeSnapshot).order_by(VolumeSnapshot.id.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def list_shares(
    session: AsyncSession, *, snapshot_id: int, scope: Scope
) -> list[SnapshotShare]:
    """List the shares of a snapshot in scope, by society."""
    query = (
        select(SnapshotShare)
        .where(SnapshotShare.snapshot_id == snapshot_id)
        .order_by(SnapshotShare.society_id)
    )
    if not scope.everything:
        query = query.where(SnapshotShare.society_id.in_(scope.society_ids))
    return list((await session.scalars(query)).all())
