"""The stream of the worklist: version numbers, and the rows that changed for the page of rows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Message, Receive, Scope, Send

from app.directory.domain import Actor
from app.web.middleware import STRAIGHT
from app.web.sight import Look, Sight
from app.web.subscription import Subscription, Told
from app.web.worklist_hub import WorklistHub

_LOOKS_A_HEARTBEAT = 5
"""Streams look on common beats: so many looks serve all of them."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream speaks.

    Parameters
    ----------
    pause_s
        Between two versions of who is asked, > 0; the first after a silence is sent at once. How
        long all others rest the hub says.
    heartbeat_s
        Longest silence, > 0; at each one the session is looked at again.
    soon_s
        How soon a session is looked at again that may have ended, > 0.
    """

    pause_s: float = 0.1
    heartbeat_s: float = 15.0
    soon_s: float = 1.0

    def find_beat(self, now_s: float) -> float:
        """Find the last of the common beats within a heartbeat."""
        beat_s = self.heartbeat_s / _LOOKS_A_HEARTBEAT
        return (now_s // beat_s + _LOOKS_A_HEARTBEAT) * beat_s


@dataclass(frozen=True, slots=True)
class RowFeed:
    """What the page of the worklist is sent besides version numbers.

    Parameters
    ----------
    session_id
        Of the browser's session: no row is sent once it has ended.
    write
        Writes rows, as their onlooker sees them, for the script of the page: one line of text.
    """

    session_id: int
    write: Callable[[Told, Actor], bytes]


async def stream_versions(
    hub: WorklistHub,
    *,
    sight: Sight,
    look: Look,
    case_id: int | None = None,
    feed: RowFeed | None = None,
    pace: Pace = Pace(),
    held: AbstractContextManager[None] | None = None,
) -> AsyncIterator[bytes]:
    """Write the events of one page until its session ends; until then its reader is `held`."""
    loop = asyncio.get_running_loop()
    with (
        held or nullcontext(),
        _subscribe(hub, sight, case_id=case_id, feed=feed) as subscription,
    ):
        # Opens the stream in the browser, which otherwise waits for the first byte.
        yield format_sse_event(comment="open", retry=1000)
        look_at_s = pace.find_beat(loop.time())
        while True:
            told = await subscription.wait(longest_s=max(0.0, look_at_s - loop.time()))
            if subscription.closed:
                return
            if told is not None:
                yield _write(told, feed=feed, actor=sight.actor)
                await asyncio.sleep(pace.pause_s)
            if subscription.is_doubted or loop.time() >= look_at_s:
                seen = await look()
                if seen is None:
                    yield format_sse_event(event="ended", data_str="signed out")
                    return
                if seen is sight and subscription.is_doubted:
                    # Nobody could look: until somebody has, not a word.
                    await asyncio.sleep(pace.soon_s)
                    continue
                sight = seen
                _follow(subscription, sight)
                look_at_s = pace.find_beat(loop.time())
                yield format_sse_event(comment="still here")


def _subscribe(
    hub: WorklistHub, sight: Sight, *, case_id: int | None, feed: RowFeed | None
) -> AbstractContextManager[Subscription]:
    return hub.subscribe(
        Subscription(
            site_ids=sight.site_ids,
            case_id=case_id,
            has_societys_tasks=sight.has_societys_tasks,
            radiologist_id=sight.actor.radiologist_id,
            session_id=None if feed is None else feed.session_id,
        )
    )


class EventStream(StreamingResponse):
    """An answer whose events go straight to the server, once it has begun."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end, or nobody is there any more."""
        straight: Send = scope.get(STRAIGHT, send)

        async def choose(message: Message) -> None:
            await (straight if message["type"] == "http.response.body" else send)(message)

        await super().__call__(scope, receive, choose)


def stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """Answer with a stream of events."""
    # Proxies that collect an answer before they hand it on would hold the events back.
    return EventStream(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _write(told: Told, *, feed: RowFeed | None, actor: Actor) -> bytes:
    version = str(told.version)
    events = [format_sse_event(event=each, data_str=version) for each in sorted(told.topics)]
    if feed is not None and told.rows:
        events.append(b"event: rows\ndata: " + feed.write(told, actor) + b"\n\n")
    return b"".join(events)


def _follow(subscription: Subscription, sight: Sight) -> None:
    """Let a page hear of what its reader may see now."""
    subscription.follow(
        site_ids=sight.site_ids,
        has_societys_tasks=sight.has_societys_tasks,
        radiologist_id=sight.actor.radiologist_id,
    )
