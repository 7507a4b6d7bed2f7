"""The questions of storage commitment as rows: the gateway's own way to the database.

Only the commitment desk imports this, at the first question: a process that receives images does
not load SQLAlchemy for it before.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.db.clock import DatabaseClock
from app.db.engine import make_engine
from app.db.errors import is_connection_lost
from app.db.schema import check
from app.db.session import Sessions, make_sessions, run_unit_of_work
from app.intake.domain.commitment import AskOutcome, Question
from app.intake.service import commitments
from app.kit.errors import Unavailable


class CommitmentRows:
    """Writes questions; one connection, opened when the first one comes and after each failure.

    Parameters
    ----------
    find_url
        Gives the address of the database, or nothing while there is none; asked at each opening.
    """

    def __init__(self, find_url: Callable[[], str | None]) -> None:
        self._find_url = find_url
        self._clock = DatabaseClock()
        self._engine: AsyncEngine | None = None
        self._turn = asyncio.Lock()

    async def save(self, question: Question) -> AskOutcome:
        """Keep a question with its whole list, in one transaction.

        A connection that ends meanwhile costs a second attempt: a question that was kept without
        a word, because its commit was cut off, is the same one asked again. A server that is gone
        for longer is not waited for: the modality asks again.

        Raises
        ------
        Unavailable
            If there is no database, or one with another schema.
        DBAPIError
            If it does not answer, twice, or refuses.
        """
        # One after the other: who is given up while it waits for its turn disturbs nobody.
        async with self._turn:
            try:
                return await self._save(question)
            except DBAPIError as error:
                if not is_connection_lost(error):
                    raise
            return await self._save(question)

    async def _save(self, question: Question) -> AskOutcome:
        try:
            work = partial(self._ask, question=question)
            return await run_unit_of_work(await self._open(), work)
        except BaseException:
            # Whatever it was, a cancellation too: the next question looks for the database anew.
            await self.close()
            raise

    async def _ask(self, session: AsyncSession, *, question: Question) -> AskOutcome:
        return await commitments.ask(session, question, now=await self._clock.now(session))

    async def _open(self) -> Sessions:
        if self._engine is None:
            url = self._find_url()
            if url is None:
                raise Unavailable("no database was given, and none runs in the data folder")
            engine = make_engine(url, pool_size=1, overflow=0, application="astreinte gateway")
            try:
                await check(engine)
            except BaseException:
                await engine.dispose()
                raise
            self._engine = engine
        return make_sessions(self._engine)

    async def close(self) -> None:
        """Let go of the connection."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()
