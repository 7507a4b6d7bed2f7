"""One item's failure is its own; a lost race or line is everybody's."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.db.session import Sessions

pytestmark = pytest.mark.asyncio


async def _raise(session: AsyncSession, sqlstate: str) -> None:
    await session.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$"))


@pytest.mark.parametrize("sqlstate", ["57014", "55P03", "23514", "22P02"])
async def test_an_item_that_is_refused_or_takes_too_long_leaves_the_others_their_turn(
    session: AsyncSession, sqlstate: str
) -> None:
    assert not await succeeds(session, lambda: _raise(session, sqlstate), case=1)

    assert await session.scalar(text("SELECT 1")) == 1


async def test_an_item_whose_statement_takes_too_long_leaves_the_others_their_turn(
    session: AsyncSession,
) -> None:
    async def sleep() -> None:
        await session.execute(text("SET LOCAL statement_timeout = 20"))
        await session.execute(text("SELECT pg_sleep(5)"))

    assert not await succeeds(session, sleep, case=1)

    assert await session.scalar(text("SELECT 1")) == 1


async def test_text_that_the_driver_does_not_take_is_the_fault_of_its_item(
    session: AsyncSession,
) -> None:
    async def write() -> None:
        await session.execute(text("SELECT CAST(:text AS text)"), {"text": "a\0b"})

    assert not await succeeds(session, write, case=1)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "57P01", "57P03", "08006"])
async def test_a_race_or_a_server_that_is_lost_ends_the_whole_transaction(
    session: AsyncSession, sqlstate: str
) -> None:
    with pytest.raises(DBAPIError):
        await succeeds(session, lambda: _raise(session, sqlstate), case=1)


async def test_a_line_that_is_cut_ends_the_whole_transaction(sessions: Sessions) -> None:
    async with sessions() as session:

        async def cut() -> None:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        with pytest.raises(DBAPIError):
            await succeeds(session, cut, case=1)
