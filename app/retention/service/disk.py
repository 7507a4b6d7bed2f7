"""Use cases of the disk: read how full it is, foresee when it is full, tell people in time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.retention.domain.forecast import Received, Release, expect_full
from app.retention.domain.level import Disk, Level, judge
from app.retention.domain.stay import find_end
from app.retention.models import DiskReading
from app.retention.repository import readings, stays
from app.retention.service.quotas import tell_quotas
from app.retention.service.settings import read_ages, read_marks
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

SUBJECT = "disk"
SWEEP = "retention"
"""The payload that wakes the sweep."""
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_STUDIES = 1000


async def take_reading(session: AsyncSession, *, disk: Disk, now: datetime) -> DiskReading:
    """Keep how full the disk is and when it will be full, tell people in time, ask for a sweep.

    Parameters
    ----------
    disk
        As measured just now.
    """
    sizes = await stays.list_kept_sizes(session)
    releases = await _list_releases(session, sizes)
    received = Received(
        day_bytes=await stays.add_up_received(session, since=now - _DAY),
        week_bytes=await stays.add_up_received(session, since=now - _WEEK),
    )
    full_at = expect_full(
        usable_bytes=disk.usable_bytes,
        bytes_per_day=received.bytes_per_day,
        releases=releases,
        now=now,
    )
    can_go_bytes = sum(each.size_bytes for each in releases if each.at <= now)
    marks = await read_marks(session)
    level = judge(disk, marks=marks, full_at=full_at, can_go_bytes=can_go_bytes, now=now)
    reading = DiskReading(
        at=now,
        total_bytes=disk.total_bytes,
        free_bytes=disk.free_bytes,
        reserve_bytes=disk.reserve_bytes,
        kept_bytes=sum(sizes.values()),
        received_day_bytes=received.day_bytes,
        received_week_bytes=received.week_bytes,
        can_go_bytes=can_go_bytes,
        full_at=full_at,
        level=level.value,
    )
    await readings.add_reading(session, reading)
    await _tell(session, reading, now=now)
    await tell_quotas(session, now=now)
    await notify(session, channel=WORK, payload=SWEEP)
    return reading


async def _list_releases(session: AsyncSession, sizes: dict[int, int]) -> list[Release]:
    """List what the sweep may free and when, going as far as it does under pressure."""
    least = (await read_ages(session)).least
    found = []
    for study_ids in _cut(sorted(sizes)):
        for stay in await stays.read_stays(session, study_ids):
            end = find_end(stay, keep=least)
            if end is not None:
                found.append(Release(at=end, size_bytes=sizes[stay.study_id]))
    return found


def _cut(study_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (study_ids[at : at + _STUDIES] for at in range(0, len(study_ids), _STUDIES))


async def _tell(session: AsyncSession, reading: DiskReading, *, now: datetime) -> None:
    if Level(reading.level) is Level.ALARM:
        detail = {
            "free_bytes": reading.free_bytes,
            "total_bytes": reading.total_bytes,
            "full_at": None if reading.full_at is None else reading.full_at.isoformat(),
        }
        await tasks.raise_task(session, TaskKind.DISK, subject=SUBJECT, now=now, detail=detail)
    else:
        await tasks.settle_by_itself(
            session, TaskKind.DISK, subject=SUBJECT, outcome="enough_room", now=now
        )


async def find_latest(session: AsyncSession) -> DiskReading | None:
    """Find the latest reading."""
    return await readings.find_latest(session)


async def list_readings(session: AsyncSession, *, limit: int) -> Sequence[DiskReading]:
    """List readings, newest first."""
    return await readings.list_latest(session, limit=limit)
