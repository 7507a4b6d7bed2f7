"""The stream of the worklist: version numbers, and the rows that changed for the page of rows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, holds, scope_of
from app.web.auth import find_caller
from app.web.container import container_of
from app.web.subscription import Subscription, Told
from app.web.worklist_hub import WorklistHub
from app.worklist.queries.scoping import find_site_ids

_log = structlog.get_logger(__name__)
_TURN_WITHIN_S = 1.0
"""How long a stream waits for its turn to look at the caller's session."""


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


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller who is still signed in may see: these sites, or all; and a society's tasks."""

    site_ids: frozenset[int] | None
    actor: Actor
    has_societys_tasks: bool = False


async def find_sight(session: AsyncSession, actor: Actor) -> Sight:
    """Find what somebody may see of the worklist, and whether tasks of societies may be theirs."""
    tasks = scope_of(actor, Permission.TASK_READ)
    return Sight(
        await find_site_ids(session, scope=scope_of(actor, Permission.WORKLIST_READ)),
        actor=actor,
        has_societys_tasks=tasks.everything or bool(tasks.society_ids),
    )


Look = Callable[[], Awaitable[Sight | None]]
"""Looks whether the caller may still be here, and at what they may see; nothing: they may not.

The very sight that was given last says that nobody could look."""


@dataclass(frozen=True, slots=True)
class RowFeed:
    """What the page of the worklist is sent besides version numbers.

    Parameters
    ----------
    session_id
        Of the browser's session: no row is sent once it has ended.
    write
        Writes rows, as their onlooker sees them, for the script of the page.
    """

    session_id: int
    write: Callable[[Told, Actor], str]


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
        look_at_s = loop.time() + pace.heartbeat_s
        while True:
            told = await subscription.wait(longest_s=max(0.0, look_at_s - loop.time()))
            if subscription.closed:
                return
            if told is not None:
                for event in _write(told, feed=feed, actor=sight.actor):
                    yield event
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
                look_at_s = loop.time() + pace.heartbeat_s
                yield format_sse_event(comment="still here")


def _subscribe(
    hub: WorklistHub, sight: Sight, *, case_id: int | None, feed: RowFeed | None
) -> AbstractContextManager[Subscription]:
    return hub.subscribe(
        site_ids=sight.site_ids,
        case_id=case_id,
        has_societys_tasks=sight.has_societys_tasks,
        radiologist_id=sight.actor.radiologist_id,
        session_id=None if feed is None else feed.session_id,
    )


def stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """Answer with a stream of events."""
    # Proxies that collect an answer before they hand it on would hold the events back.
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def _write(told: Told, *, feed: RowFeed | None, actor: Actor) -> Iterator[bytes]:
    for topic in sorted(told.topics):
        yield format_sse_event(event=topic, data_str=str(told.version))
    if feed is not None and told.rows:
        yield format_sse_event(event="rows", data_str=feed.write(told, actor))


def _follow(subscription: Subscription, sight: Sight) -> None:
    """Let a page hear of what its reader may see now."""
    subscription.follow(
        site_ids=sight.site_ids,
        has_societys_tasks=sight.has_societys_tasks,
        radiologist_id=sight.actor.radiologist_id,
    )


def make_look(request: Request, *, sight: Sight, permission: Permission) -> Look:
    """Make what looks at the caller's session, in a short transaction that changes nothing.

    While the database is away the last sight counts: the stream then has nothing to tell anyway. It
    counts too when so many look that the turn does not come soon: the stream has more to tell.
    """
    container = container_of(request)
    last = sight

    async def look() -> Sight | None:
        nonlocal last
        try:
            async with _take_turn(container.looks), container.own_sessions() as session:
                now = await container.clock.now(session)
                caller = await find_caller(request, session=session, now=now)
                if caller is None or caller.needs_enrolment:
                    return None
                if not holds(caller.actor, permission):
                    return None
                last = await find_sight(session, caller.actor)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("stream_session_unchecked", error=type(error).__name__)
        return last

    return look


@asynccontextmanager
async def _take_turn(looks: asyncio.Semaphore) -> AsyncIterator[None]:
    async with asyncio.timeout(_TURN_WITHIN_S):
        await looks.acquire()
    try:
        yield
    finally:
        looks.release()
