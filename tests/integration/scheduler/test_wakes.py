"""Who moves a deadline wakes the job that keeps it: nothing waits for the tick."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app import pipeline
from app.db.notify import WORK, Listener, Notice, Reconnected
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Role
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage


async def wait_for_dispatch(heard: AsyncGenerator[Notice | Reconnected, None]) -> None:
    """Wait until dispatch is woken; other jobs may be before it."""
    async with asyncio.timeout(5):
        while await anext(heard) != Notice(WORK, "dispatch"):
            continue


@pytest.mark.asyncio
async def test_an_offer_a_release_and_a_named_reader_wake_dispatch(
    database_url: str, sessions: Sessions
) -> None:
    heard = Listener(database_url, channels=[WORK]).__aiter__()
    assert await anext(heard) == Reconnected()
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, actor = await add_radiologist(stage)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
        await put_on_guard(stage, reader)
        case_id = await open_case(stage, urgent=True)
    await wait_for_dispatch(heard)

    async with unit_of_work(sessions) as session:
        await pipeline.claim(session, case_id, actor=actor, now=NIGHT)
        await pipeline.release(session, case_id, actor=actor, reason="called away", now=NIGHT)
    await wait_for_dispatch(heard)

    async with unit_of_work(sessions) as session:
        await pipeline.reassign(
            session,
            case_id,
            to_radiologist_id=reader.id,
            actor=coordinator,
            reason="back again",
            now=NIGHT,
        )
    await wait_for_dispatch(heard)
    await heard.aclose()
