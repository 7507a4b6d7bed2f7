"""From the database's notices to the open pages: who has to look at the worklist again.

One connection listens for all the streams of this process. A stream is told a number that grows,
and only when a case inside its sites changed; what changed it reads itself.
"""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import URL
from starlette.requests import HTTPConnection

from app.db.notify import WORKLIST, Listener, Notice, Reconnected

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """A case, a request or a task of a site changed.

    Parameters
    ----------
    case_id
        Absent: it is about no case.
    site_id
        Absent: it is the whole group's.
    """

    case_id: int | None
    site_id: int | None


class Told(NamedTuple):
    """What one stream is told: a number that grows, and what has to be looked at."""

    version: int
    topics: frozenset[str]


PAGE, TASKS = "worklist", "tasks"
"""What the page itself shows, and what may be to do elsewhere."""


def read_change(payload: str) -> Change | None:
    """Read what a trigger wrote, or nothing when it cannot be understood."""
    try:
        change = json.loads(payload)
        return Change(case_id=_read_id(change.get("case")), site_id=_read_id(change["site"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _read_id(value: object) -> int | None:
    return None if value is None else int(str(value))


class Subscription:
    """What one stream wants to be told.

    Parameters
    ----------
    site_ids
        Sites whose cases it may see; absent: all.
    case_id
        The one case its page shows; absent: all of its sites.
    """

    def __init__(self, *, site_ids: frozenset[int] | None, case_id: int | None = None) -> None:
        self.site_ids = site_ids
        self._case_id = case_id
        self._version = 0
        self._topics: set[str] = set()
        self._woken = asyncio.Event()
        self.closed = False

    def find_topic(self, change: Change) -> str | None:
        """Say what this stream has to look at, if it may know of the change at all."""
        if self.site_ids is not None and change.site_id not in self.site_ids:
            return None
        return PAGE if self._case_id in {None, change.case_id} else TASKS

    def tell(self, version: int, *, topic: str = PAGE) -> None:
        """Wake the stream; several changes before it looks are one."""
        self._version = version
        self._topics.add(topic)
        self._woken.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._woken.set()

    async def wait(self, *, longest_s: float) -> Told | None:
        """Wait for what was not yet told; nothing when nothing came in that time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._woken.wait()
        if self.closed or not self._woken.is_set():
            return None
        self._woken.clear()
        told = Told(self._version, frozenset(self._topics))
        self._topics.clear()
        return told


class WorklistHub:
    """Tells the streams of this process when to look."""

    def __init__(self) -> None:
        self._version = 0
        self._subscriptions: set[Subscription] = set()

    @contextmanager
    def subscribe(
        self, *, site_ids: frozenset[int] | None, case_id: int | None = None
    ) -> Iterator[Subscription]:
        """Take part for as long as the block lasts."""
        subscription = Subscription(site_ids=site_ids, case_id=case_id)
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
                    # Notices may have been lost meanwhile: everybody looks once.
                    self._version += 1
                    for subscription in tuple(self._subscriptions):
                        subscription.tell(self._version)
                case Notice(payload=payload):
                    self._hear(payload)

    def _hear(self, payload: str) -> None:
        change = read_change(payload)
        if change is None:
            _log.warning("worklist_notice_unreadable", length=len(payload))
            return
        self._version += 1
        for subscription in tuple(self._subscriptions):
            topic = subscription.find_topic(change)
            if topic is not None:
                subscription.tell(self._version, topic=topic)

    def close(self) -> None:
        """End every stream: the process stops."""
        for subscription in tuple(self._subscriptions):
            subscription.close()


@asynccontextmanager
async def serve_hub(url: URL) -> AsyncIterator[WorklistHub]:
    """Listen to the database for the streams of this process, until the block ends."""
    hub = WorklistHub()
    address = url.render_as_string(hide_password=False)
    task = asyncio.create_task(hub.listen(Listener(address, channels=[WORKLIST])))
    task.add_done_callback(_note_end)
    try:
        yield hub
    finally:
        hub.close()
        task.cancel()
        await asyncio.wait([task])


def _note_end(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("worklist_hub_failed", error=type(error).__name__)


def hub_of(connection: HTTPConnection) -> WorklistHub:
    """Return the hub of the application that serves this request."""
    hub: WorklistHub = connection.app.state.worklist_hub
    return hub
