"""Offers the cases that are due, and widens the circle of those that nobody takes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.models import Case
from app.cases.repository import try_lock_cases
from app.db.apart import succeeds
from app.dispatch import service as dispatch
from scheduler.job import Bench, Job

_BATCH = 50


async def run(bench: Bench) -> None:
    """Decide for all cases that are due, a batch in each transaction."""
    # One decider at a time: two would both see the same reader idle.
    while await bench.transact_alone(pipeline.DECIDING, _decide):
        pass


async def _decide(session: AsyncSession, now: datetime) -> bool:
    """Decide for a batch, and tell whether there may be more."""
    due = await dispatch.find_due(session, now=now, limit=_BATCH)
    guard, seen, decided = dispatch.GuardSeen(now=now), 0, 0
    for part in pipeline.take_parts(due):
        # Whoever holds one changes it now: it is looked at when they have, and nobody waits for it.
        locked = await try_lock_cases(session, part)
        guard = await _decide_all(session, locked, guard=guard, now=now)
        seen += len(part)
        decided += len(locked)
    return decided > 0 and (seen < len(due) or len(due) >= _BATCH)


async def _decide_all(
    session: AsyncSession, locked: Collection[Case], *, guard: dispatch.GuardSeen, now: datetime
) -> dispatch.GuardSeen:
    """Decide for some cases at once, and give what is known of the guard afterwards."""
    case_ids = [each.id for each in locked]
    if not case_ids:
        return guard
    if await succeeds(
        session,
        lambda: pipeline.cases_due(session, locked, guard=guard, now=now),
        **_name(case_ids),
    ):
        return guard
    # One of them stopped all: each is decided by itself.
    for case_id in case_ids:
        if len(case_ids) == 1 or not await succeeds(
            session, partial(pipeline.case_due, session, case_id, now=now), case=case_id
        ):
            await dispatch.put_off(session, case_id, now=now)
    # What it has noted was rolled back.
    return dispatch.GuardSeen(now=now)


def _name(case_ids: Sequence[int]) -> dict[str, int]:
    """Say in the log which case it is, or how many."""
    return {"case": case_ids[0]} if len(case_ids) == 1 else {"cases": len(case_ids)}


JOB = Job(name="dispatch", run=run, find_next_due=dispatch.find_next_due, goes_first=True)
