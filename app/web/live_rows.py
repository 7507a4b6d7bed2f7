"""The rows that changed, read once for all the pages that show them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from starlette.requests import HTTPConnection

from app.db.session import unit_of_work
from app.directory.repository.access import list_live_sessions
from app.web.background import running
from app.web.container import Container
from app.web.subscription import REST_S, Change
from app.web.worklist_hub import WorklistHub
from app.worklist.queries.row_book import RowBook
from app.worklist.queries.worklist import load_changed

_log = structlog.get_logger(__name__)
_GATHERED_S = 0.05
"""So long what readers are asked is gathered after a reading, in a burst."""
_WITHIN_S = 5.0
"""How long the database may take: a host that is gone answers after a quarter of an hour."""
_SOON_S = 1.0
"""How soon it is tried again after the database did not answer."""


class LiveRows:
    """Reads the rows that changed, and hands them to the pages that show them.

    Parameters
    ----------
    container
        What the process holds.
    hub
        Knows which changed, and which pages are open.
    book
        Where rows are kept that were read.
    """

    def __init__(self, container: Container, hub: WorklistHub, book: RowBook) -> None:
        self._container = container
        self._hub = hub
        self._book = book

    async def run(self) -> None:
        """Hand on what changes, until cancelled."""
        # What changes for nobody in particular is gathered for longer: a study that arrives changes
        # its case several times.
        while True:
            changed = await self._hub.wait_for_rows(rest_s=REST_S - _GATHERED_S)
            try:
                async with asyncio.timeout(_WITHIN_S):
                    await self._hand(changed)
            except Exception as error:  # noqa: BLE001 - an edge: all pages would stay as they are
                # The type alone: an exception's text may hold what a row says.
                _log.warning("rows_unread", error=type(error).__name__)
                self._hub.look_instead(changed.values())
                await asyncio.sleep(_SOON_S)
            await asyncio.sleep(_GATHERED_S)

    async def _hand(self, changed: Mapping[int, Change]) -> None:
        async with unit_of_work(self._container.own_sessions) as session:
            now = await self._container.clock.now(session)
            # A page whose session has just ended is sent nothing any more: it is asked each time.
            asked = self._hub.list_sessions()
            live = await list_live_sessions(session, asked, now=now)
            rows = await load_changed(session, book=self._book, case_ids=changed.keys(), now=now)
        self._hub.hand(changed, rows, asked_sessions=asked, live_sessions=live, at=now)


@asynccontextmanager
async def serve_rows(container: Container, hub: WorklistHub, book: RowBook) -> AsyncIterator[None]:
    """Hand changed rows to the pages of this process, until the block ends."""
    async with running(LiveRows(container, hub, book).run(), failed="live_rows_failed"):
        yield


def book_of(connection: HTTPConnection) -> RowBook:
    """Return the rows that the application which serves this request has read."""
    book: RowBook = connection.app.state.row_book
    return book
