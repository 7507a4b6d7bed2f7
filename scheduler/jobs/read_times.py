"""Makes a new version of how long reads and transfers take, once a day, from the timeline."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.service import read_times
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Make a version, if one is due."""
    zone = ZoneInfo(bench.settings.zone)

    async def make(session: AsyncSession, now: datetime) -> int | None:
        return await read_times.make_if_due(session, zone=zone, now=now)

    version = await bench.transact(make)
    if version is not None:
        _log.info("read_times_made", version=version)


JOB = Job(name="read_times", run=run, find_next_due=read_times.find_next_due)
