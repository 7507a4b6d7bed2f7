"""From the database's notices to the open pages: who has to look at the worklist again.

One connection listens for all the streams of this process. A stream is told a number that grows,
and only when a case inside its sites changed; what changed it reads itself.
"""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import structlog
from sqlalchemy import URL
from starlette.requests import HTTPConnection

from app.db.notify import WORKLIST, Listener, Notice, Reconnected

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """A case of a site changed."""

    case_id: int
    site_id: int


def read_change(payload: str) -> CaseChanged | None:
    """Read what a trigger wrote, or nothing when it cannot be understood."""
    try:
        change = json.loads(payload)
        return CaseChanged(case_id=int(change["case"]), site_id=int(change["site"]))
    except (ValueError, TypeError, KeyError):
        return None


class Subscription:
    """What one stream wants to be told.

    Parameters
    ----------
    site_ids
        Sites whose cases it may see; absent: all.
    case_id
        The one case it looks at; absent: all of its sites.
    """

    def __init__(self, *, site_ids: frozenset[int] | None, case_id: int | None = None) -> None:
        self.site_ids = site_ids
        self._case_id = case_id
        self._version = 0
        self._woken = asyncio.Event()
        self.closed = False

    def concerns(self, change: CaseChanged) -> bool:
        """Is the change one that this stream may know of, and wants to?"""
        visible = self.site_ids is None or change.site_id in self.site_ids
        return visible and self._case_id in {None, change.case_id}

    def tell(self, version: int) -> None:
        """Wake the stream; several changes before it looks are one."""
        self._version = version
        self._woken.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._woken.set()

    async def wait(self, *, longest_s: float) -> int | None:
        """Wait for a version that was not yet told; nothing when none came in that time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._woken.wait()
        if self.closed or not self._woken.is_set():
            return None
        self._woken.clear()
        return self._version


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
                    self._tell(tuple(self._subscriptions))
                case Notice(payload=payload):
                    self._hear(payload)

    def _hear(self, payload: str) -> None:
        change = read_change(payload)
        if change is None:
            _log.warning("worklist_notice_unreadable", length=len(payload))
            return
        self._tell([each for each in self._subscriptions if each.concerns(change)])

    def _tell(self, subscriptions: Iterable[Subscription]) -> None:
        self._version += 1
        for subscription in subscriptions:
            subscription.tell(self._version)

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
