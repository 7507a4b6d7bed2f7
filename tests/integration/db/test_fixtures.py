"""The fixtures that every other test relies on."""

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db.clock import DatabaseClock, SetClock
from app.db.schema import check
from app.db.session import Sessions, unit_of_work


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
