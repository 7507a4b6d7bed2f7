"""The fixtures that every other test relies on."""

from typing import LiteralString

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db.clock import DatabaseClock, SetClock
from app.db.schema import check
from app.db.session import Sessions, unit_of_work
from tests.plugins.database import TestServer


@pytest_asyncio.fixture(params=["first", "second"])
async def committed(session: AsyncSession) -> AsyncSession:
    await session.execute(text("CREATE TABLE left_behind (id int)"))
    await session.commit()
    return session


@pytest.mark.asyncio
async def test_what_a_test_committed_is_gone_in_the_next(committed: AsyncSession) -> None:
    found = await committed.execute(text("SELECT count(*) FROM left_behind"))

    assert found.scalar_one() == 0


@pytest.mark.asyncio
async def test_the_template_has_the_schema_of_the_code(engine: AsyncEngine) -> None:
    await check(engine)


@pytest.mark.asyncio
@pytest.mark.parametrize("attempt", (1, 2))
async def test_a_fresh_database_sees_what_another_session_commits(
    sessions: Sessions, attempt: int
) -> None:
    async with unit_of_work(sessions) as session:
        await session.execute(text("CREATE TABLE mark (id int)"))

    async with sessions() as other:
        assert (await other.execute(text("SELECT count(*) FROM mark"))).scalar_one() == 0


def test_a_database_comes_back_as_new_whatever_was_committed_and_whoever_stayed(
    database_server: TestServer,
) -> None:
    with database_server.lend() as url:
        new = _describe(url)
        left = psycopg.connect(url)
        left.execute("UPDATE calendar SET name = 'left'")
        left.execute("INSERT INTO calendar (code, name, kind) VALUES ('left', 'left', 'hours')")
        left.execute("INSERT INTO society (name, short_name, joined_on) VALUES ('a', 'b', now())")
        left.commit()

        assert _describe(url) != new

    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()
    with database_server.lend() as again:
        assert again == url
        assert _describe(again) == new


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE mark (id int)",
        "DROP TABLE web_session CASCADE",
        "ALTER TABLE society ADD CONSTRAINT odd CHECK (name <> 'odd')",
        "ALTER TABLE society ALTER name DROP NOT NULL",
        "ALTER TABLE society ALTER id RESTART WITH 9",
    ],
)
def test_a_database_whose_schema_was_touched_is_given_up(
    database_server: TestServer, change: LiteralString
) -> None:
    with database_server.lend() as url, psycopg.connect(url) as connection:
        connection.execute(change)

    with database_server.lend() as other:
        assert other != url
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def _describe(url: str) -> dict[str, object]:
    """Read every row, and which number each sequence gave last."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        seen: dict[str, object] = {
            name: connection.execute(
                sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))
            ).fetchall()
            for (name,) in names.fetchall()
        }
        numbers = connection.execute("SELECT sequencename, last_value FROM pg_sequences")
        return seen | {"sequences": sorted(map(str, numbers))}


@pytest.mark.asyncio
async def test_the_databases_clock_gives_aware_instants_in_utc(session: AsyncSession) -> None:
    clock = DatabaseClock()

    first, second = await clock.now(session), await clock.now(session)

    assert first.utcoffset() is not None
    assert not first.utcoffset()
    assert second > first


@pytest.mark.asyncio
async def test_a_set_clock_stands_still(session: AsyncSession, clock: SetClock) -> None:
    assert await clock.now(session) == await clock.now(session) == clock.instant
