"""From the database's notices to the open pages: who has to look at the worklist again.

One connection listens for all the streams of this process. A stream is told a number that grows,
and only when a case inside its sites changed; what changed it reads itself. Those who are asked to
read the case are told at once. All others are too while they are few; a crowd takes turns, so that
its looks never stand before those of who is asked. The page of the worklist needs no look: the rows
that changed are read once for all of them, and handed to each that may see them.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime

import structlog
from sqlalchemy import URL
from starlette.requests import HTTPConnection

from app.db.notify import WORKLIST, Listener, Notice, Reconnected
from app.web.background import running
from app.web.subscription import PAGE, REST_S, Change, RowChange, Subscription, read_change
from app.worklist.views.worklist import WorklistRow

_log = structlog.get_logger(__name__)
_LOOKS_A_SECOND = 50
"""Of all streams that are not asked: one look is 10 to 20 ms of a processor."""
_ROWS_A_SECOND = 200
"""Of all streams that are not asked: to write rows for one of them is a millisecond or less."""
_SHORTEST_CROWDED_S = 0.5
"""While all may look within so long there is no crowd, and nobody waits for a turn."""


class WorklistHub:
    """Tells the streams of this process when to look.

    Parameters
    ----------
    rest_s
        How long a stream that is not asked rests after a look, >= 0.
    """

    def __init__(self, *, rest_s: float = 0.0) -> None:
        self._rest_s = rest_s
        self._version = 0
        self._subscriptions: set[Subscription] = set()
        self._changed: dict[int, Change] = {}
        self._handed: dict[int, WorklistRow] = {}
        self._has_changed, self._has_news = asyncio.Event(), asyncio.Event()

    @contextmanager
    def subscribe(self, subscription: Subscription) -> Iterator[Subscription]:
        """Let a stream take part for as long as the block lasts."""
        # What changed between the page and its stream, or while the stream was lost, is told now.
        subscription.tell(self._version)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def listen(self, listener: AsyncIterable[Notice | Reconnected]) -> None:
        """Hand on what the database says, for as long as it is listened to."""
        async for heard in listener:
            match heard:
                case Reconnected():
                    self._hear_nothing_known()
                case Notice(payload=payload):
                    self._hear(payload)

    def _hear_nothing_known(self) -> None:
        """Let everybody look once: notices may have been lost, also that somebody is asked."""
        self._version += 1
        self._handed.clear()
        for subscription in tuple(self._subscriptions):
            self._let_look(subscription, at_once=subscription.is_readers)

    def _hear(self, payload: str) -> None:
        change = read_change(payload)
        if change is None:
            _log.warning("worklist_notice_unreadable", length=len(payload))
            return
        self._version += 1
        subscriptions = tuple(self._subscriptions)
        row_id = change.row_id
        if not any(each.takes_rows for each in subscriptions):
            self._handed.clear()
        elif row_id is not None:
            self._note_row(row_id, change)
        for subscription in subscriptions:
            if row_id is None or not subscription.takes_rows:
                self._tell(subscription, change)

    def _tell(self, subscription: Subscription, change: Change) -> None:
        topic = subscription.find_topic(change)
        if topic is not None:
            self._let_look(subscription, topic=topic, at_once=subscription.is_asked(change))

    def _let_look(self, subscription: Subscription, *, at_once: bool, topic: str = PAGE) -> None:
        """Let a stream look: at once, or when it has rested and has its turn."""
        pace_s, turn_s = (0.0, 0.0) if at_once else self._find_pace()
        subscription.tell(self._version, topic=topic, pace_s=pace_s, turn_s=turn_s)

    def _note_row(self, case_id: int, change: Change) -> None:
        before = self._changed.get(case_id)
        self._changed[case_id] = change if before is None else before.and_then(change)
        self._has_changed.set()
        handed = self._handed.get(case_id)
        # Not what was told last: of several changes that were joined, that names who was asked too.
        if handed is None or handed.asked_ids != change.reader_ids:
            self._has_news.set()

    async def wait_for_rows(self, *, rest_s: float = 0.0) -> dict[int, Change]:
        """Wait until the row of a case changed, and give all changes since, by case.

        Parameters
        ----------
        rest_s
            How long what tells no reader anything waits for more, >= 0: the pages would too.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(rest_s):
                await self._has_news.wait()
        await self._has_changed.wait()
        self._has_changed.clear()
        self._has_news.clear()
        changed, self._changed = self._changed, {}
        return changed

    def list_sessions(self) -> frozenset[int]:
        """List the sessions of the browsers whose pages are sent rows."""
        return frozenset(
            each.session_id for each in self._subscriptions if each.session_id is not None
        )

    def hand(
        self,
        changes: Mapping[int, Change],
        rows: Mapping[int, WorklistRow],
        *,
        asked_sessions: Collection[int],
        live_sessions: Collection[int],
        at: datetime,
    ) -> None:
        """Hand rows that were read anew, by case, to the pages whose session lives.

        A case that is not to be read any more may have to be shown elsewhere on the page, which
        looks then. So does a page that came after the sessions were asked about.
        """
        changed = {
            case_id: self._note_handed(case_id, change, rows.get(case_id))
            for case_id, change in changes.items()
        }
        pace_s = max(self._rest_s, len(self._subscriptions) / _ROWS_A_SECOND)
        for subscription in tuple(self._subscriptions):
            if not subscription.takes_rows:
                continue
            is_live = subscription.session_id in live_sessions
            if not is_live and subscription.session_id in asked_sessions:
                subscription.doubt()
                continue
            for case_id, row in changed.items():
                if is_live:
                    subscription.hand(case_id, row, version=self._version, at=at, pace_s=pace_s)
                if row.after is None or not is_live:
                    self._tell(subscription, row.change)

    def _note_handed(self, case_id: int, change: Change, after: WorklistRow | None) -> RowChange:
        before = self._handed.pop(case_id, None)
        if after is not None:
            self._handed[case_id] = after
        return RowChange(change, after, before)

    def look_instead(self, changes: Collection[Change]) -> None:
        """Let all pages of rows look themselves: the rows could not be read for them.

        Who is asked looks at once, all others by turns: the changes do not name who is asked no
        longer.
        """
        self._handed.clear()
        for subscription in tuple(self._subscriptions):
            if subscription.takes_rows:
                is_asked = any(subscription.is_asked(change) for change in changes)
                self._let_look(subscription, at_once=is_asked)

    def _find_pace(self) -> tuple[float, float]:
        """Find how long a stream that is not asked rests, and how long it waits for its turn."""
        crowded_s = len(self._subscriptions) / _LOOKS_A_SECOND
        if crowded_s <= _SHORTEST_CROWDED_S:
            return self._rest_s, 0.0
        return max(self._rest_s, crowded_s), crowded_s

    def close(self) -> None:
        """End every stream: the process stops."""
        for subscription in tuple(self._subscriptions):
            subscription.close()


@asynccontextmanager
async def serve_hub(url: URL) -> AsyncIterator[WorklistHub]:
    """Listen to the database for the streams of this process, until the block ends."""
    hub = WorklistHub(rest_s=REST_S)
    address = url.render_as_string(hide_password=False)
    async with running(_listen_on(hub, address), failed="worklist_hub_failed"):
        try:
            yield hub
        finally:
            hub.close()


async def _listen_on(hub: WorklistHub, address: str) -> None:
    """Listen until cancelled: each new listener lets everybody look once."""
    while True:
        try:
            await hub.listen(Listener(address, channels=[WORKLIST]))
        except Exception as error:  # noqa: BLE001 - an edge: pages would look live, and hear nothing
            _log.error("worklist_hub_failed", error=type(error).__name__)
        await asyncio.sleep(REST_S)


def hub_of(connection: HTTPConnection) -> WorklistHub:
    """Return the hub of the application that serves this request."""
    hub: WorklistHub = connection.app.state.worklist_hub
    return hub
