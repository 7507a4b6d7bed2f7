"""Lets tasks ring again that nobody has settled."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.tasks import service as tasks
from scheduler.job import Bench, Job

_BATCH = 100


async def run(bench: Bench) -> None:
    """Ring all that are due; a trigger tells the pages of whoever sees them."""
    while await bench.transact(_ring) == _BATCH:
        pass


async def _ring(session: AsyncSession, now: datetime) -> int:
    return await tasks.ring_due(session, now=now, limit=_BATCH)


JOB = Job(name="tasks", run=run, find_next_due=tasks.find_next_due)
