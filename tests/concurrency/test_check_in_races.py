"""Two schedulers and a reader, at the same moment, about one check-in."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.db.session import Sessions, run_unit_of_work, unit_of_work
from app.directory.domain import Actor
from app.dispatch.domain.check_in import Signs
from app.dispatch.models import CheckIn
from app.dispatch.service import check_in as service
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from tests.factories.stage import add_radiologist, put_on_guard, set_stage

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
ALL = Signs(sound_heard=True, telephone_confirmed=True, page_visible=True)
READERS = 4


async def lay_guard(sessions: Sessions) -> list[Actor]:
    """Commit readers who begin at one instant."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session, night=START)
        stage.revision.published_at = START - timedelta(days=20)
        actors = []
        for _ in range(READERS):
            radiologist, actor = await add_radiologist(stage)
            await put_on_guard(stage, radiologist, period=(START, START + timedelta(hours=12)))
            actors.append(actor)
        return actors


async def ask(sessions: Sessions, now: datetime) -> int:
    return await run_unit_of_work(sessions, lambda session: service.ask_all(session, now=now))


async def tell(sessions: Sessions, now: datetime) -> int:
    return await run_unit_of_work(
        sessions,
        lambda session: service.tell_due(session, now=now, zone=ZoneInfo("Europe/Paris"), limit=2),
    )


@pytest.mark.asyncio
async def test_schedulers_at_once_await_each_reader_once_and_tell_of_each_once(
    sessions: Sessions,
) -> None:
    await lay_guard(sessions)

    asked = await asyncio.gather(*(ask(sessions, START) for _ in range(4)))
    for _ in range(3):
        await asyncio.gather(*(tell(sessions, START) for _ in range(4)))

    assert sum(asked) == READERS
    async with unit_of_work(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(CheckIn)) == READERS
        assert await session.scalar(select(func.count()).select_from(Task)) == READERS


@pytest.mark.asyncio
async def test_a_check_in_while_others_are_being_told_leaves_no_task(sessions: Sessions) -> None:
    actors = await lay_guard(sessions)
    await ask(sessions, START)

    async def check_in(actor: Actor) -> object:
        return await run_unit_of_work(
            sessions,
            lambda session: service.check_in(session, signs=ALL, actor=actor, now=START),
        )

    await asyncio.gather(
        *(check_in(actor) for actor in actors), *(tell(sessions, START) for _ in range(3))
    )

    async with unit_of_work(sessions) as session:
        rows = await session.scalars(select(CheckIn.state))
        assert set(rows) == {"done"}
        assert await tasks.list_standing(session, TaskKind.CHECK_IN_MISSING) == []
