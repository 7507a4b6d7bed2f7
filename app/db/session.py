"""Sessions and units of work: one transaction each, closed at the edge."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.db.errors import is_serialization_failure

Sessions = async_sessionmaker[AsyncSession]
"""What makes sessions; an edge holds one for its whole life."""

Result = TypeVar("Result")

_FIRST_PAUSE_MS = 10
_DEFAULT_ATTEMPTS = 5


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Make the maker of sessions; rows stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def unit_of_work(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Open one transaction: committed at the end of the block, rolled back on any error.

    What only reads takes it too: a rollback makes psycopg forget all that the connection prepared.
    """
    async with sessions() as session, session.begin():
        yield session


async def run_unit_of_work(
    sessions: Sessions,
    work: Callable[[AsyncSession], Awaitable[Result]],
    *,
    attempts: int = _DEFAULT_ATTEMPTS,
) -> Result:
    """Do the work in one transaction, again from the start when it lost a race (SQLSTATE class 40).

    Parameters
    ----------
    sessions
        What makes the session of each attempt.
    work
        Called once per attempt with a fresh session; its only lasting effects are rows.
    attempts
        How often to try in all, > 0; between two tries the pause doubles, with a random part.

    Raises
    ------
    DBAPIError
        The last serialization failure or deadlock, or any other error at once.
    """
    for attempt in range(1, attempts):
        try:
            async with unit_of_work(sessions) as session:
                return await work(session)
        except DBAPIError as error:
            if not is_serialization_failure(error):
                raise
            longest_ms = _FIRST_PAUSE_MS * 2**attempt
            await asyncio.sleep(secrets.randbelow(longest_ms) / 1000)
    async with unit_of_work(sessions) as session:
        return await work(session)
