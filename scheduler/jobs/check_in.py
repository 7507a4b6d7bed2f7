"""Awaits a check-in for each seat that is about to begin, and tells of those that are missing."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.repository.check_in import find_next_due
from app.dispatch.service import check_in as use_cases
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_BATCH = 50


async def run(bench: Bench) -> None:
    """Follow the planning first: nobody is told of somebody who no longer holds the seat."""
    asked = await bench.transact(lambda session, now: use_cases.ask_all(session, now=now))
    if asked:
        _log.info("check_ins_awaited", seats=asked)
    while await bench.transact(_follow) == _BATCH:
        pass
    zone = ZoneInfo(bench.settings.zone)

    async def tell(session: AsyncSession, now: datetime) -> int:
        return await use_cases.tell_due(session, now=now, zone=zone, limit=_BATCH)

    while await bench.transact(tell) == _BATCH:
        pass


async def _follow(session: AsyncSession, now: datetime) -> int:
    return await use_cases.follow_planning(session, now=now, limit=_BATCH)


JOB = Job(name="check_in", run=run, find_next_due=find_next_due)
