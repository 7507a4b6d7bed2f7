"""What this process knows of who is there: the streams that it holds, written down as they change.

The open connections are the truth; the rows follow them. They say who is present for as long as
this process says that it lives: a killed one takes nobody with it for ever, and nobody is gone
before a restart has given every page the time to come back.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from app.db.clock import Clock
from app.db.session import run_unit_of_work
from app.dispatch.domain.presence import BEAT_EVERY
from app.dispatch.service import presence
from app.web.background import running
from app.web.container import Container

_log = structlog.get_logger(__name__)
_SOON_S = 1.0
"""How soon it is tried again to write down what could not be."""
_LAST_WORD_S = 2.0
"""How long the end of the process waits for the database."""


class PresenceKeeper:
    """Holds readers for as long as their streams are open, and tells the database.

    Parameters
    ----------
    container
        What the process holds.
    beat_s
        Between two signs that this process lives, > 0.
    """

    def __init__(self, container: Container, *, beat_s: float = BEAT_EVERY.total_seconds()) -> None:
        self._container = container
        self._beat_s = beat_s
        self._numbers = count(1)
        self._streams: dict[int, int] = {}
        self._changed = asyncio.Event()
        self._process_id: int | None = None

    @contextmanager
    def hold(self, radiologist_id: int | None) -> Iterator[None]:
        """Let a reader be there for as long as the block lasts; nobody is held for nobody."""
        if radiologist_id is None:
            yield
            return
        number = next(self._numbers)
        self._streams[number] = radiologist_id
        self._changed.set()
        try:
            yield
        finally:
            del self._streams[number]
            self._changed.set()

    async def keep(self) -> None:
        """Write down what changes, and that we live, until cancelled; before a stream: nothing."""
        wait_s: float | None = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            wait_s = self._beat_s if await self._write() else _SOON_S

    async def end(self) -> None:
        """Say that the streams of this process end with it; they are lost, and come back."""
        self._streams.clear()
        known = self._process_id
        if known is None:
            return
        try:
            async with asyncio.timeout(_LAST_WORD_S):
                clock = self._container.clock
                await run_unit_of_work(
                    self._container.own_sessions,
                    lambda session: _leave(session, known, clock=clock),
                )
        except (SQLAlchemyError, OSError) as error:
            # As after a kill -9: the rows count until the last sign of life.
            _log.warning("presence_not_ended", error=type(error).__name__)

    async def _write(self) -> bool:
        """Write down what is; what could not be written is written with the next change."""
        self._changed.clear()
        streams = dict(self._streams)
        clock = self._container.clock

        async def hold(session: AsyncSession) -> int:
            now = await clock.now(session)
            return await presence.hold_streams(session, self._process_id, streams=streams, now=now)

        try:
            self._process_id = await run_unit_of_work(self._container.own_sessions, hold)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("presence_unwritten", error=type(error).__name__)
            return False
        return True


async def _leave(session: AsyncSession, process_id: int, *, clock: Clock) -> None:
    await presence.leave(session, process_id, now=await clock.now(session))


@asynccontextmanager
async def serve_presence(container: Container) -> AsyncIterator[PresenceKeeper]:
    """Keep the presence of readers for the streams of this process, until the block ends."""
    keeper = PresenceKeeper(container)
    try:
        async with running(keeper.keep(), failed="presence_keeper_failed"):
            yield keeper
    finally:
        await keeper.end()


def keeper_of(connection: HTTPConnection) -> PresenceKeeper:
    """Return the keeper of the application that serves this request."""
    keeper: PresenceKeeper = connection.app.state.presence
    return keeper
