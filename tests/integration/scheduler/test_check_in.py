"""The job awaits check-ins, tells of those that are missing, and knows when it is needed again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch.models import CheckIn
from app.planning.models import Seat
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from scheduler.jobs.check_in import JOB
from tests.factories.bench import make_bench
from tests.factories.relief import give_seat
from tests.factories.stage import Stage, add_radiologist, put_on_guard, set_stage

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def put_two_on_guard(session: AsyncSession) -> tuple[Stage, list[Seat]]:
    stage = await set_stage(session, night=START)
    stage.revision.published_at = START - timedelta(days=20)
    period = (START, START + timedelta(hours=12))
    readers = [(await add_radiologist(stage))[0] for _ in range(2)]
    return stage, [await put_on_guard(stage, each, period=period) for each in readers]


@asynccontextmanager
async def refuse(sessions: Sessions, table: str, condition: str) -> AsyncIterator[None]:
    """Let the database refuse some rows of a table for a while."""
    async with unit_of_work(sessions) as session:
        await session.execute(
            text(f"ALTER TABLE {table} ADD CONSTRAINT ck_of_test CHECK (NOT ({condition}))")
        )
    try:
        yield
    finally:
        async with unit_of_work(sessions) as session:
            await session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ck_of_test"))


async def read_states(sessions: Sessions) -> dict[int, str]:
    """Give the state of each check-in, by seat."""
    async with sessions() as session:
        return {each.seat_id: each.state for each in await session.scalars(select(CheckIn))}


@pytest.mark.asyncio
async def test_the_coordinator_is_told_until_somebody_else_has_the_seat(
    sessions: Sessions,
) -> None:
    clock = SetClock(START - 10 * MINUTE)
    bench = make_bench(sessions, clock)
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session, night=START)
        stage.revision.published_at = START - timedelta(days=20)
        radiologist, _ = await add_radiologist(stage)
        seat = await put_on_guard(stage, radiologist, period=(START, START + timedelta(hours=12)))

    await JOB.run(bench)
    async with unit_of_work(sessions) as session:
        assert await JOB.find_next_due(session) == START - 5 * MINUTE
    clock.instant = START
    await JOB.run(bench)
    async with unit_of_work(sessions) as session:
        (task,) = await tasks.list_standing(session, TaskKind.CHECK_IN_MISSING)
        assert task.detail["start"] == "20:00"
        stage.session = session
        await give_seat(stage, seat, None, at=START)

    await JOB.run(bench)

    async with unit_of_work(sessions) as session:
        assert await tasks.list_standing(session, TaskKind.CHECK_IN_MISSING) == []
        assert await JOB.find_next_due(session) is None


@pytest.mark.asyncio
async def test_a_check_in_that_cannot_be_awaited_or_told_of_keeps_no_other_waiting(
    sessions: Sessions,
) -> None:
    clock = SetClock(START - 10 * MINUTE)
    bench = make_bench(sessions, clock)
    async with unit_of_work(sessions) as session:
        _, (bad, good) = await put_two_on_guard(session)

    async with refuse(sessions, "check_in", f"seat_id = {bad.id}"):
        await JOB.run(bench)
        assert await read_states(sessions) == {good.id: "awaited"}

    await JOB.run(bench)
    clock.instant = START
    async with sessions() as session:
        failing = await session.scalar(select(CheckIn.id).where(CheckIn.seat_id == bad.id))
    async with refuse(sessions, "task", f"subject = 'check-in:{failing}'"):
        await JOB.run(bench)
    assert await read_states(sessions) == {bad.id: "awaited", good.id: "missing"}
    async with sessions() as session:
        assert await JOB.find_next_due(session) == START + MINUTE


@pytest.mark.asyncio
async def test_a_check_in_that_cannot_be_ended_keeps_no_other_waiting(sessions: Sessions) -> None:
    clock = SetClock(START - 10 * MINUTE)
    bench = make_bench(sessions, clock)
    async with unit_of_work(sessions) as session:
        stage, (bad, good) = await put_two_on_guard(session)
    await JOB.run(bench)
    async with unit_of_work(sessions) as session:
        stage.session = session
        for seat in (bad, good):
            await give_seat(stage, seat, None, at=START - 9 * MINUTE)

    async with refuse(sessions, "check_in", f"seat_id = {bad.id} AND state = 'cancelled'"):
        await JOB.run(bench)

    assert await read_states(sessions) == {bad.id: "awaited", good.id: "cancelled"}
