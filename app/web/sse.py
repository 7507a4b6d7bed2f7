"""The stream of the worklist: version numbers, and never a word about a patient."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog
from fastapi import Request
from fastapi.sse import format_sse_event
from sqlalchemy.exc import SQLAlchemyError

from app.directory.domain import Permission, scope_of
from app.web.auth import find_caller
from app.web.container import container_of
from app.web.worklist_hub import WorklistHub
from app.worklist.queries.scoping import find_site_ids

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream speaks.

    Parameters
    ----------
    pause_s
        Between two versions, > 0; the first after a silence is sent at once.
    heartbeat_s
        Longest silence, > 0; at each one the session is looked at again.
    """

    pause_s: float = 0.5
    heartbeat_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller who is still signed in may see: these sites, or all."""

    site_ids: frozenset[int] | None


Look = Callable[[], Awaitable[Sight | None]]
"""Looks whether the caller is still signed in, and at what they may see; nothing: signed out."""


async def stream_versions(
    hub: WorklistHub, *, sight: Sight, look: Look, case_id: int | None = None, pace: Pace = Pace()
) -> AsyncIterator[bytes]:
    """Write the events of one page until its session ends or the process stops."""
    loop = asyncio.get_running_loop()
    with hub.subscribe(site_ids=sight.site_ids, case_id=case_id) as subscription:
        # Opens the stream in the browser, which otherwise waits for the first byte.
        yield format_sse_event(comment="open", retry=1000)
        look_at_s = loop.time() + pace.heartbeat_s
        while True:
            remaining_s = max(0.0, look_at_s - loop.time())
            told = await subscription.wait(longest_s=remaining_s)
            if subscription.closed:
                return
            if told is not None:
                for topic in sorted(told.topics):
                    yield format_sse_event(event=topic, data_str=str(told.version))
                await asyncio.sleep(pace.pause_s)
            if loop.time() >= look_at_s:
                seen = await look()
                if seen is None:
                    yield format_sse_event(event="ended", data_str="signed out")
                    return
                subscription.site_ids = seen.site_ids
                look_at_s = loop.time() + pace.heartbeat_s
                yield format_sse_event(comment="still here")


def make_look(request: Request, *, sight: Sight) -> Look:
    """Make what looks at the caller's session, in a short transaction that changes nothing.

    While the database is away the last sight counts: the stream then has nothing to tell anyway.
    """
    container = container_of(request)
    last = sight

    async def look() -> Sight | None:
        nonlocal last
        try:
            async with container.sessions() as session:
                now = await container.clock.now(session)
                caller = await find_caller(request, session=session, now=now)
                if caller is None or caller.needs_enrolment:
                    return None
                scope = scope_of(caller.actor, Permission.WORKLIST_READ)
                last = Sight(await find_site_ids(session, scope=scope))
        except (SQLAlchemyError, OSError) as error:
            _log.warning("stream_session_unchecked", error=type(error).__name__)
        return last

    return look
