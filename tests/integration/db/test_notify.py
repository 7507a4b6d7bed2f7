import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta

import pytest

from app.db.notify import WORK, WORKLIST, Listener, Notice, Reconnected, notify
from app.db.session import Sessions, unit_of_work
from tests.factories.connections import count_connections, end_connections

pytestmark = pytest.mark.asyncio

_Heard = AsyncGenerator[Notice | Reconnected, None]
_LISTENER = "astreinte listener"


def _listen(url: str, *, heartbeat: timedelta = timedelta(seconds=30)) -> _Heard:
    return aiter(Listener(url, channels=[WORK, WORKLIST], heartbeat=heartbeat))


async def _hear(heard: _Heard) -> Notice | Reconnected:
    async with asyncio.timeout(10):
        return await anext(heard)


async def _send(sessions: Sessions, channel: str, payload: str) -> None:
    async with unit_of_work(sessions) as session:
        await notify(session, channel=channel, payload=payload)


async def test_a_listener_hears_what_is_committed_on_its_channels(
    sessions: Sessions, database_url: str
) -> None:
    async with aclosing(_listen(database_url)) as heard:
        assert await _hear(heard) == Reconnected()
        await _send(sessions, "another", "x")
        await _send(sessions, WORK, "settle")
        await _send(sessions, WORKLIST, '{"case": 1}')

        assert await _hear(heard) == Notice(WORK, "settle")
        assert await _hear(heard) == Notice(WORKLIST, '{"case": 1}')


async def test_what_is_rolled_back_is_not_heard(sessions: Sessions, database_url: str) -> None:
    async with aclosing(_listen(database_url)) as heard:
        await _hear(heard)
        async with sessions() as session:
            await notify(session, channel=WORK, payload="undone")
            await session.rollback()
        await _send(sessions, WORK, "done")

        assert await _hear(heard) == Notice(WORK, "done")


async def test_after_a_lost_connection_it_says_that_it_is_back_and_hears_again(
    sessions: Sessions, database_url: str
) -> None:
    async with aclosing(_listen(database_url)) as heard:
        await _hear(heard)
        await end_connections(database_url, application=_LISTENER)

        assert await _hear(heard) == Reconnected()
        await _send(sessions, WORK, "settle")
        assert await _hear(heard) == Notice(WORK, "settle")


async def test_a_silent_connection_is_kept_alive(sessions: Sessions, database_url: str) -> None:
    # It is also what the answer may take: long enough for a busy machine.
    heartbeat = timedelta(seconds=1)
    async with aclosing(_listen(database_url, heartbeat=heartbeat)) as heard:
        await _hear(heard)
        next_notice = asyncio.ensure_future(_hear(heard))
        await asyncio.sleep(2.5)
        await _send(sessions, WORK, "settle")

        assert await next_notice == Notice(WORK, "settle")


async def test_closing_it_ends_its_connection(sessions: Sessions, database_url: str) -> None:
    async with aclosing(_listen(database_url)) as heard:
        await _hear(heard)

    for _ in range(200):
        if not await count_connections(sessions, application=_LISTENER):
            return
        await asyncio.sleep(0.05)
    pytest.fail("its connection is still there")
