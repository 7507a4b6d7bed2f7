"""How connections are set up, and what they keep of statements."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.engine import make_engine
from app.db.session import make_sessions, unit_of_work
from app.db.together import ask
from app.dispatch.repository.waiting import ask_unclaimed

pytestmark = pytest.mark.asyncio

_PLANS = text(
    "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
    " WHERE statement LIKE '%= ANY (%'"
)


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database_url, pool_size=1, overflow=0)
    yield engine
    await engine.dispose()


async def test_no_statement_is_compiled(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert (await connection.execute(text("SHOW jit"))).scalar_one() == "off"


async def test_what_takes_longer_to_plan_than_to_run_is_not_planned_each_time(
    engine: AsyncEngine,
) -> None:
    async with unit_of_work(make_sessions(engine)) as session:
        for _ in range(10):
            await ask(session, ask_unclaimed([1]))
        ((custom, generic),) = await session.execute(_PLANS)

    # psycopg does not prepare the first one.
    assert (custom, generic) == (5, 4)
