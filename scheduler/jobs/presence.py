"""Sees which readers are gone, which centres are down or back, and when the fault is our own."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.service.presence import find_next_gone
from app.pipeline.centres import watch_centres
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_LOCK = "presence"


async def run(bench: Bench) -> None:
    """Look once, unless another scheduler does."""

    async def look(session: AsyncSession, now: datetime) -> int:
        return await watch_centres(session, now=now)

    due = await bench.transact_alone(_LOCK, look)
    if due:
        _log.info("cases_due_anew", cases=due)


JOB = Job(name="presence", run=run, find_next_due=find_next_gone)
