"""From the database's notices to the open pages: who has to look at the worklist again.

One connection listens for all the streams of this process. A stream is told a number that grows,
and only when a case inside its sites changed; what changed it reads itself. Those who are asked to
read the case are told at once. All others are too while they are few; a crowd takes turns, so that
its looks never stand before those of who is asked.
"""

import asyncio
import json
import math
import random
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import URL
from starlette.requests import HTTPConnection

from app.db.notify import WORKLIST, Listener, Notice, Reconnected

_log = structlog.get_logger(__name__)
_LOOKS_A_SECOND = 50
"""Of all streams that are not asked: one look is 10 to 20 ms of a processor."""
_SHORTEST_CROWDED_S = 0.5
"""While all may look within so long there is no crowd, and nobody waits for a turn."""
_REST_S = 0.5
"""How long a stream that is not asked rests after a look in any case."""


@dataclass(frozen=True, slots=True)
class Change:
    """A case, a request or a task of a site changed.

    Parameters
    ----------
    case_id
        Absent: it is about no case.
    site_id
        Absent: it is the whole group's, or a task of a society.
    reader_ids
        Radiologists who are asked to read the case, or read it.
    """

    case_id: int | None
    site_id: int | None
    is_task: bool = False
    reader_ids: frozenset[int] = frozenset()


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
        return Change(
            case_id=_read_id(change.get("case")),
            site_id=_read_id(change["site"]),
            is_task="task" in change,
            reader_ids=frozenset(map(int, change.get("readers", ()))),
        )
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
    has_societys_tasks
        Tasks that are of no site, but of a society, may be theirs: planners see no worklist.
    radiologist_id
        Whose page it is; absent: of nobody who reads.
    """

    def __init__(
        self,
        *,
        site_ids: frozenset[int] | None,
        case_id: int | None = None,
        has_societys_tasks: bool = False,
        radiologist_id: int | None = None,
    ) -> None:
        self.site_ids = site_ids
        self.has_societys_tasks = has_societys_tasks
        self._case_id = case_id
        self._radiologist_id = radiologist_id
        self._version = 0
        self._topics: set[str] = set()
        self._due_s = math.inf
        self._told_s = -math.inf
        self._woken = asyncio.Event()
        self.closed = False

    def find_topic(self, change: Change) -> str | None:
        """Say what this stream has to look at, if it may know of the change at all."""
        is_inside = self.site_ids is None or change.site_id in self.site_ids
        if not is_inside and not self.is_asked(change):
            may_be_theirs = self.has_societys_tasks and change.is_task and change.site_id is None
            return TASKS if may_be_theirs else None
        return PAGE if self._case_id in {None, change.case_id} else TASKS

    def is_asked(self, change: Change) -> bool:
        """Tell whether the change is about a case that the reader of this page is to read."""
        return self._radiologist_id in change.reader_ids

    @property
    def is_readers(self) -> bool:
        """Is it the page of somebody who may be asked to read?"""
        return self._radiologist_id is not None

    def tell(
        self, version: int, *, topic: str = PAGE, pace_s: float = 0.0, turn_s: float = 0.0
    ) -> None:
        """Wake the stream; several changes before it looks are one.

        Parameters
        ----------
        pace_s
            How long from one look to the next, >= 0; 0: it may look at once.
        turn_s
            How long who has rested long enough waits for its turn at most, >= 0; it is drawn.
            Who has been given a turn keeps it: it would come sooner with each change otherwise.
        """
        self._version = version
        self._topics.add(topic)
        if turn_s > 0 and math.isfinite(self._due_s):
            return
        now_s = asyncio.get_running_loop().time()
        # No secret: it only spreads the looks of a crowd.
        drawn_s = random.uniform(0.0, turn_s)  # noqa: S311
        self._due_s = min(self._due_s, max(now_s + drawn_s, self._told_s + pace_s))
        self._woken.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._woken.set()

    async def wait(self, *, longest_s: float) -> Told | None:
        """Wait for what was not yet told, and for its turn; nothing when nothing is by then."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + longest_s
        while not self.closed and loop.time() < min(self._due_s, until_s):
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(self._due_s, until_s)):
                    await self._woken.wait()
        if self.closed or self._due_s > loop.time():
            return None
        told = Told(self._version, frozenset(self._topics))
        self._topics.clear()
        self._due_s, self._told_s = math.inf, loop.time()
        return told


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

    @contextmanager
    def subscribe(
        self,
        *,
        site_ids: frozenset[int] | None,
        case_id: int | None = None,
        has_societys_tasks: bool = False,
        radiologist_id: int | None = None,
    ) -> Iterator[Subscription]:
        """Take part for as long as the block lasts."""
        subscription = Subscription(
            site_ids=site_ids,
            case_id=case_id,
            has_societys_tasks=has_societys_tasks,
            radiologist_id=radiologist_id,
        )
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
        pace_s, turn_s = self._find_pace()
        for subscription in tuple(self._subscriptions):
            if subscription.is_readers:
                subscription.tell(self._version)
            else:
                subscription.tell(self._version, pace_s=pace_s, turn_s=turn_s)

    def _hear(self, payload: str) -> None:
        change = read_change(payload)
        if change is None:
            _log.warning("worklist_notice_unreadable", length=len(payload))
            return
        self._version += 1
        pace_s, turn_s = self._find_pace()
        for subscription in tuple(self._subscriptions):
            topic = subscription.find_topic(change)
            if topic is None:
                continue
            if subscription.is_asked(change):
                subscription.tell(self._version, topic=topic)
            else:
                subscription.tell(self._version, topic=topic, pace_s=pace_s, turn_s=turn_s)

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
    hub = WorklistHub(rest_s=_REST_S)
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
