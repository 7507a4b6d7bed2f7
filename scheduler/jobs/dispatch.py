"""Offers the cases that are due, and widens the circle of those that nobody takes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.repository import try_lock_case
from app.db.apart import succeeds
from app.db.locks import try_lock
from app.dispatch import service as dispatch
from app.dispatch.domain.turns import KINDS
from app.kit.clock import read_monotonic_s
from scheduler.job import Bench, Job

_BATCH = 50


async def run(bench: Bench) -> None:
    """Decide for all cases that are due, a batch in each transaction."""
    while await bench.transact(_decide):
        pass


async def _decide(session: AsyncSession, now: datetime) -> bool:
    """Decide for a batch, and tell whether there may be more."""
    # One decider at a time: two would both see the same reader idle.
    if not await try_lock(session, pipeline.DECIDING):
        return False
    ends_s = read_monotonic_s() + pipeline.LONGEST_S
    due = await dispatch.find_due(session, now=now, limit=_BATCH)
    decided = 0
    for case_id in due:
        # Whoever holds it changes it now: it is looked at when they have, and keeps nobody waiting.
        if not await try_lock_case(session, case_id):
            continue
        await _decide_one(session, case_id, now=now)
        decided += 1
        if decided >= KINDS and read_monotonic_s() >= ends_s:
            return True
    return decided > 0 and len(due) >= _BATCH


async def _decide_one(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    if not await succeeds(
        session, lambda: pipeline.case_due(session, case_id, now=now), case=case_id
    ):
        await dispatch.put_off(session, case_id, now=now)


JOB = Job(name="dispatch", run=run, find_next_due=dispatch.find_next_due, goes_first=True)
