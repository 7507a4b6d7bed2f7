"""The scheduler goes on when the database ends its transaction, or cuts its line: nothing twice."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Radiologist
from app.dispatch.models import Decision, Nomination
from scheduler.attendant import Attendant
from scheduler.job import Bench
from scheduler.jobs import dispatch
from tests.factories.bench import make_bench
from tests.factories.flow import open_case
from tests.factories.rings import close_ring, count_inserts, hurt
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage

pytestmark = pytest.mark.asyncio


@dataclass
class Night:
    """A P1 that is due, and two on guard."""

    sessions: Sessions
    bench: Bench
    case_id: int

    async def list_asked(self) -> list[int]:
        async with self.sessions() as session:
            rows = await session.scalars(select(Nomination.radiologist_id))
            return sorted(rows)

    async def count_decisions(self) -> int:
        async with self.sessions() as session:
            return await session.scalar(select(func.count()).select_from(Decision)) or 0

    async def attend(self) -> None:
        """Let the job of dispatch be attended until a run of it comes to its end."""
        ended = asyncio.Event()

        async def run(bench: Bench) -> None:
            await dispatch.run(bench)
            ended.set()

        job = replace(dispatch.JOB, run=run)
        soon = timedelta(milliseconds=100)
        attending = asyncio.create_task(
            Attendant(job, bench=self.bench, longest_wait=soon).attend()
        )
        async with asyncio.timeout(120):
            await ended.wait()
        attending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await attending


@pytest_asyncio.fixture
async def night(sessions: Sessions) -> Night:
    bench = make_bench(sessions, SetClock(NIGHT))
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        for _ in range(2):
            await put_on_guard(stage, (await add_radiologist(stage))[0])
        case_id = await open_case(stage, urgent=True)
    return Night(sessions, bench, case_id)


async def test_a_line_that_is_cut_at_work_costs_a_moment_and_no_case(night: Night) -> None:
    await hurt(night.sessions, "decision", sqlstate="57P01", times=2)

    await night.attend()

    assert await count_inserts(night.sessions) == 3
    assert len(await night.list_asked()) == 2
    assert await night.count_decisions() == 1


async def test_a_race_that_is_lost_is_run_again_at_once(night: Night) -> None:
    await hurt(night.sessions, "decision", sqlstate="40001", times=2)

    await dispatch.run(night.bench)

    assert await count_inserts(night.sessions) == 3
    assert len(await night.list_asked()) == 2
    assert await night.count_decisions() == 1


async def test_of_two_who_wait_for_each_other_the_scheduler_is_ended_and_works_on(
    night: Night,
) -> None:
    async with unit_of_work(night.sessions) as other:
        await other.execute(select(Radiologist.id).with_for_update())
        deciding = asyncio.create_task(dispatch.run(night.bench))
        await close_ring(other, night.case_id)
        await deciding
        assert await night.list_asked() == []
    await night.attend()

    assert len(await night.list_asked()) == 2
    assert await night.count_decisions() == 1
