import asyncio

import pytest

from app.db.locks import try_lock, wait_for_lock
from app.db.session import Sessions

pytestmark = pytest.mark.asyncio


async def test_only_one_session_holds_a_lock(sessions: Sessions) -> None:
    async with sessions() as one, sessions() as other:
        assert await try_lock(one, "dispatch")
        assert not await try_lock(other, "dispatch")
        assert await try_lock(other, "another")


async def test_a_lock_ends_with_its_transaction(sessions: Sessions) -> None:
    async with sessions() as one, sessions() as other:
        await try_lock(one, "dispatch")
        await one.rollback()

        assert await try_lock(other, "dispatch")


async def test_who_waits_for_a_lock_gets_it_when_the_holder_commits(sessions: Sessions) -> None:
    async with sessions() as one, sessions() as other:
        await wait_for_lock(one, "dispatch")
        waiting = asyncio.create_task(wait_for_lock(other, "dispatch"))
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done

        await one.commit()
        async with asyncio.timeout(10):
            await waiting
