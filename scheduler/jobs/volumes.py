"""Measures the volumes of each month when it is over."""

from zoneinfo import ZoneInfo

import structlog

from app.pipeline.volumes import measure_last_month
from scheduler.job import Bench, Job, name_no_instant

_log = structlog.get_logger(__name__)
_LOCK = "volumes_of_last_month"


async def run(bench: Bench) -> None:
    """Measure the month that was over last, if it is due, unless another scheduler does."""
    zone = ZoneInfo(bench.settings.zone)
    month = await bench.transact_alone(
        _LOCK, lambda session, now: measure_last_month(session, zone=zone, now=now)
    )
    if month is not None:
        _log.info("volumes_measured", month=month.isoformat())


# The tick looks: it is no matter of seconds.
JOB = Job(name="volumes", run=run, find_next_due=name_no_instant)
