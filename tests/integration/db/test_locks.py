import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.clock import Clock, DatabaseClock, SetClock
from app.db.errors import sqlstate_of
from app.db.locks import limit_waits, try_lock, wait_for_lock, wait_for_locks
from app.db.session import Sessions, unit_of_work
from tests.factories.stage import NIGHT

pytestmark = pytest.mark.asyncio


async def test_only_one_session_holds_a_lock(sessions: Sessions) -> None:
    async with sessions() as one, sessions() as other:
        assert await try_lock(one, "dispatch")
        assert not await try_lock(other, "dispatch")
        assert await try_lock(other, "another")


@pytest.mark.parametrize("clock", [DatabaseClock(), SetClock(NIGHT)])
async def test_only_who_takes_the_lock_is_told_the_instant(
    sessions: Sessions, clock: Clock
) -> None:
    async with unit_of_work(sessions) as one, unit_of_work(sessions) as other:
        assert await clock.now_alone(one, "dispatch") is not None
        assert await clock.now_alone(other, "dispatch") is None

    async with unit_of_work(sessions) as other:
        assert await clock.now_alone(other, "dispatch") is not None


async def test_the_instant_is_that_of_the_database(sessions: Sessions) -> None:
    clock = DatabaseClock()
    async with unit_of_work(sessions) as session:
        before = await clock.now(session)
        alone = await clock.now_alone(session, "dispatch")
        after = await clock.now(session)

    assert alone is not None
    assert before < alone < after


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
            assert await waiting > timedelta(0)


async def test_several_locks_are_waited_for_until_the_last_of_them_is_free(
    sessions: Sessions,
) -> None:
    async with sessions() as one, sessions() as other:
        await wait_for_locks(one, ["patient 1", "patient 2"])
        await wait_for_locks(one, ["patient 2"])
        waiting = asyncio.create_task(wait_for_locks(other, ["patient 3", "patient 2"]))
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done

        await one.commit()
        async with asyncio.timeout(10):
            await waiting
        assert not await try_lock(one, "patient 2")
        assert not await try_lock(one, "patient 3")


async def test_who_need_not_wait_is_told_so(sessions: Sessions) -> None:
    async with sessions() as one:
        assert await wait_for_lock(one, "dispatch") == timedelta(0)
        assert await wait_for_lock(one, "dispatch") == timedelta(0), "it is theirs already"


async def test_a_wait_for_a_row_ends_after_what_the_transaction_allows(sessions: Sessions) -> None:
    held = text("SELECT pg_advisory_xact_lock(1)")
    async with sessions() as one, sessions() as other:
        await one.execute(held)
        await limit_waits(other, timedelta(milliseconds=20))

        with pytest.raises(DBAPIError) as refused:
            await other.execute(held)

        assert sqlstate_of(refused.value) == "55P03"
