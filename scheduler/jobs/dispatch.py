"""Offers the cases that are due, and widens the circle of those that nobody takes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.locks import try_lock
from app.dispatch import service as dispatch
from scheduler.job import Bench, Job

_BATCH = 50


async def run(bench: Bench) -> None:
    """Decide for all cases that are due, a batch in each transaction."""
    while await bench.transact(_decide):
        pass


async def _decide(session: AsyncSession, now: datetime) -> bool:
    # One decider at a time: two would both see the same reader idle.
    if not await try_lock(session, "dispatch"):
        return False
    due = await dispatch.find_due(session, now=now, limit=_BATCH)
    nominated = 0
    for case_id in due:
        nominated += await pipeline.case_due(session, case_id, now=now)
    # A case for which nobody is on guard stays due: it waits for the next tick.
    return len(due) == _BATCH and nominated > 0


JOB = Job(name="dispatch", run=run, find_next_due=dispatch.find_next_due)
