"""The fixtures that tests of several features share: databases, sessions, the clock."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db.clock import SetClock
from app.db.session import Sessions, make_sessions
from tests.plugins.accounts import make_open_folder
from tests.plugins.copies import reuse_engine
from tests.plugins.database import TestServer, share_server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only root can do when we are not root: nothing to install would help."""
    if os.geteuid() == 0:
        return
    left_out = [item for item in items if item.get_closest_marker("root")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def database_server(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[TestServer]:
    """Give the server of this session, with its migrated template."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own below the session's.
    with share_server(base if worker_id == "master" else base.parent) as server:
        yield server


@pytest.fixture
def open_path() -> Iterator[Path]:
    """Give a folder like `tmp_path`, that the account of an embedded database may enter too."""
    with make_open_folder() as folder:
        yield folder


@pytest.fixture
def database_url(database_server: TestServer) -> Iterator[str]:
    """Give a migrated, empty database for one test that commits or starts processes."""
    with database_server.lend() as url:
        yield url


@pytest.fixture
def sessions(database_url: str) -> Sessions:
    """Give what makes sessions that really commit, on this test's own database."""
    return make_sessions(reuse_engine(database_url))


@pytest.fixture(scope="session")
def shared_database_url(database_server: TestServer) -> Iterator[str]:
    """Give the database of this worker's tests that roll everything back."""
    with database_server.lend() as url:
        yield url


@pytest.fixture
def engine(shared_database_url: str) -> AsyncEngine:
    """Give an engine on the shared database; leave nothing in it."""
    return reuse_engine(shared_database_url)


@pytest_asyncio.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """Give a session whose every effect, commits too, is rolled back after the test."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        await transaction.rollback()


@pytest.fixture
def clock() -> SetClock:
    """Give a clock that stands on a Friday in the evening, 22:00 in Paris."""
    return SetClock(datetime(2026, 11, 20, 21, 0, tzinfo=UTC))
