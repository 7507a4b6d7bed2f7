"""Pooled connections: no word where none is needed, and no failure where the server has ended."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import pooled
from app.db.engine import make_engine
from app.db.session import make_sessions, unit_of_work

pytestmark = pytest.mark.asyncio

_PID = text("SELECT pg_backend_pid()")


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database_url, pool_size=2, overflow=0)
    yield engine
    await engine.dispose()


async def _find_last_query(engine: AsyncEngine, *, pid: int) -> str:
    """Read what a connection has said last, while it is taken from the pool."""
    asked = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
    async with engine.connect() as taken, engine.connect() as other:
        assert taken.sync_connection is not None
        return str((await other.execute(asked, {"pid": pid})).scalar_one())


async def _use(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        pid = (await connection.execute(_PID)).scalar_one()
        await connection.commit()
    return int(pid)


async def test_a_connection_that_was_just_used_is_used_again_without_a_word(
    engine: AsyncEngine,
) -> None:
    pid = await _use(engine)

    assert await _find_last_query(engine, pid=pid) == "COMMIT"


async def test_a_connection_that_was_idle_for_long_is_asked_first(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooled, "_TRUSTED_S", 0.0)
    pid = await _use(engine)

    assert await _find_last_query(engine, pid=pid) != "COMMIT"


async def test_the_connection_that_was_used_last_is_used_next(engine: AsyncEngine) -> None:
    async with engine.connect() as one, engine.connect() as other:
        first = (await one.execute(_PID)).scalar_one()
        assert (await other.execute(_PID)).scalar_one() != first

    assert await _use(engine) == await _use(engine)


async def test_connections_whose_server_has_ended_fail_nobody(engine: AsyncEngine) -> None:
    async with engine.connect() as one, engine.connect() as other:
        ended = {(await each.execute(_PID)).scalar_one() for each in (one, other)}
    killer = make_engine(str(engine.url.render_as_string(hide_password=False)))
    async with killer.connect() as connection:
        # It answers once the connections are gone, or after a time that is long enough for them.
        await connection.execute(
            text("SELECT pg_terminate_backend(pid, 10000) FROM unnest(:pids ::int[]) AS pid"),
            {"pids": list(ended)},
        )
    await killer.dispose()

    async with engine.connect() as one, engine.connect() as other:
        assert not ended & {(await each.execute(_PID)).scalar_one() for each in (one, other)}


async def test_more_than_a_hundred_statements_stay_prepared(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for _ in range(7):
            for number in range(150):
                await connection.execute(text(f"SELECT {number}"))
        prepared = text("SELECT count(*) FROM pg_prepared_statements")

        assert (await connection.execute(prepared)).scalar_one() >= 150


async def test_what_only_reads_leaves_its_statements_prepared(engine: AsyncEngine) -> None:
    sessions = make_sessions(engine)
    for _ in range(2):
        async with unit_of_work(sessions) as session:
            await session.execute(_PID)

    async with unit_of_work(sessions) as session:
        prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement = :statement")
        found = await session.execute(prepared, {"statement": _PID.text})

        assert found.scalar_one() == 1
