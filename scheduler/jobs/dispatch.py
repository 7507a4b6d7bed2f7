"""Offers the cases that are due, and widens the circle of those that nobody takes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.locks import try_lock
from app.dispatch import service as dispatch
from scheduler.apart import succeeds
from scheduler.job import Bench, Job

_BATCH = 50


async def run(bench: Bench) -> None:
    """Decide for all cases that are due, a batch in each transaction."""
    while await bench.transact(_decide):
        pass


async def _decide(session: AsyncSession, now: datetime) -> bool:
    # One decider at a time: two would both see the same reader idle.
    if not await try_lock(session, pipeline.DECIDING):
        return False
    due = await dispatch.find_due(session, now=now, limit=_BATCH)
    for case_id in due:
        await _decide_one(session, case_id, now=now)
    return len(due) >= _BATCH


async def _decide_one(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    if not await succeeds(
        session, lambda: pipeline.case_due(session, case_id, now=now), case=case_id
    ):
        await dispatch.put_off(session, case_id, now=now)


JOB = Job(name="dispatch", run=run, find_next_due=dispatch.find_next_due)
