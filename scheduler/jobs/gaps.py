"""Tells of seats ahead that nobody holds, once each."""

from zoneinfo import ZoneInfo

import structlog

from app.planning.service.gaps import tell_gaps
from scheduler.job import Bench, Job, name_no_instant

_log = structlog.get_logger(__name__)
_LOCK = "gaps"


async def run(bench: Bench) -> None:
    """Look at the next 60 days, unless another scheduler does."""
    zone = ZoneInfo(bench.settings.zone)
    found = await bench.transact_alone(
        _LOCK, lambda session, now: tell_gaps(session, now=now, zone=zone)
    )
    if found:
        _log.info("gaps_found", seats=found)


# The tick looks, since a publication may fill or open a seat at any time.
JOB = Job(name="gaps", run=run, find_next_due=name_no_instant)
