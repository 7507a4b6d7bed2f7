"""Measures the volumes of each month when it is over."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.pipeline.volumes import measure_last_month
from scheduler.job import Bench, Job, name_no_instant

_log = structlog.get_logger(__name__)
_LOCK = "volumes_of_last_month"


async def run(bench: Bench) -> None:
    """Measure the month that was over last, if it is due, unless another scheduler does."""

    async def work(session: AsyncSession, now: datetime) -> date | None:
        return await measure_last_month(session, zone=ZoneInfo(bench.settings.zone), now=now)

    month = await bench.transact_alone(_LOCK, work)
    if month is not None:
        _log.info("volumes_measured", month=month.isoformat())


# The tick looks: it is no matter of seconds.
JOB = Job(name="volumes", run=run, find_next_due=name_no_instant)
