"""Two schedulers at once for an hour: every step is taken once, at its time, and none is missed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.cases.models import Case, CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch.models import Nomination
from scheduler.jobs import dispatch
from tests.factories.bench import make_bench
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ARRIVALS = [NIGHT + each * MINUTE for each in (0, 0, 5, 20, 40)]
STEPS = [(1, MINUTE), (2, 3 * MINUTE), (3, 6 * MINUTE)]
"""Of a P1 that nobody answers, since it was offered."""


async def lay_hour(sessions: Sessions) -> tuple[list[int], list[int]]:
    """Commit the cases of an hour, each due when it comes, and give them and who is on guard."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        crew = [(await add_radiologist(stage))[0] for _ in range(4)]
        for each in crew[:3]:
            await put_on_guard(stage, each)
        await put_on_guard(stage, crew[3], line="backup")
        case_ids = [await open_case(stage, at=at, urgent=True) for at in ARRIVALS]
        for case_id, at in zip(case_ids, ARRIVALS, strict=True):
            (await session.get_one(Case, case_id)).dispatch_due_at = at
    return case_ids, [each.id for each in crew]


async def pass_an_hour(sessions: Sessions, *, schedulers: int) -> None:
    """Let as many schedulers at once do what is due, whenever something is."""
    clock = SetClock(NIGHT)
    benches = [make_bench(sessions, clock) for _ in range(schedulers)]
    while True:
        await asyncio.gather(*(dispatch.run(bench) for bench in benches))
        async with sessions() as session:
            due = await dispatch.JOB.find_next_due(session)
        if due is None or due > NIGHT + HOUR:
            return
        clock.instant = max(due, clock.instant)


@pytest.mark.asyncio
async def test_two_schedulers_at_once_take_each_step_of_an_hour_once(sessions: Sessions) -> None:
    case_ids, crew = await lay_hour(sessions)

    await pass_an_hour(sessions, schedulers=2)

    async with sessions() as session:
        offers = await session.execute(select(Nomination.case_id, Nomination.radiologist_id))
        asked = sorted((row.case_id, row.radiologist_id) for row in offers)
        rows = await session.scalars(select(CaseEvent).where(CaseEvent.kind == "widened"))
        taken = sorted((each.case_id, each.detail["step"], each.at) for each in rows)
    assert asked == [(case_id, each) for case_id in case_ids for each in crew]
    assert taken == [
        (case_id, step, at + after)
        for case_id, at in zip(case_ids, ARRIVALS, strict=True)
        for step, after in STEPS
    ]
