"""Reads how full the disk is, every few minutes, and tells people long before it is full."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.retention import service as retention
from app.retention.domain.level import Disk
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_LOCK = "disk"
EVERY = timedelta(minutes=5)


async def run(bench: Bench) -> None:
    """Take a reading, if the last one is old enough."""
    if await bench.transact(_is_due):
        await take_reading(bench)


async def _is_due(session: AsyncSession, now: datetime) -> bool:
    due = await find_next_due(session)
    return due is None or due <= now


async def take_reading(bench: Bench) -> None:
    """Measure the disk of the data folder, and keep what that means."""
    disk = await measure(bench)

    async def read(session: AsyncSession, now: datetime) -> str:
        return (await retention.take_reading(session, disk=disk, now=now)).level

    level = await bench.transact_alone(_LOCK, read)
    if level is not None:
        _log.info("disk_read", state=level, free_bytes=disk.free_bytes)


async def measure(bench: Bench) -> Disk:
    """Measure the disk of the data folder."""
    room = await asyncio.to_thread(bench.measure_room, bench.data_dir)
    return Disk(
        total_bytes=room.total_bytes,
        free_bytes=room.free_bytes,
        reserve_bytes=bench.settings.disk_reserve_bytes,
    )


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next reading is to be taken; nothing before the first one."""
    latest = await retention.find_latest(session)
    return None if latest is None else latest.at + EVERY


JOB = Job(name="disk", run=run, find_next_due=find_next_due)
