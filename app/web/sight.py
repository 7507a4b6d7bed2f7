"""What the caller of a stream may see, looked at again for all streams that ask within a moment."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from app.db.session import unit_of_work
from app.directory.domain import Actor, Permission, holds, scope_of
from app.directory.repository.access import list_callers
from app.directory.service.sign_in import needs_enrolment
from app.web.auth import Credential, read_credential
from app.web.container import Container
from app.worklist.queries.scoping import find_site_ids

_log = structlog.get_logger(__name__)
_GATHERED_S = 0.05
"""Streams look on the same beats: so long they wait for each other."""
_WITHIN_S = 5.0
"""How long a look may take: a host that is gone answers after a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller who is still signed in may see: these sites, or all; and a society's tasks."""

    site_ids: frozenset[int] | None
    actor: Actor
    has_societys_tasks: bool = False


Look = Callable[[], Awaitable[Sight | None]]
"""Looks whether the caller may still be here, and at what they may see; nothing: they may not.

The very sight that was given last says that nobody could look."""


async def find_sights(session: AsyncSession, actors: Collection[Actor]) -> list[Sight]:
    """Find what each may see of the worklist, and whether tasks of societies may be theirs."""
    scopes = [scope_of(actor, Permission.WORKLIST_READ) for actor in actors]
    site_ids = await find_site_ids(session, scopes=frozenset(scopes))
    tasks = [scope_of(actor, Permission.TASK_READ) for actor in actors]
    return [
        Sight(site_ids[scope], actor, has_societys_tasks=own.everything or bool(own.society_ids))
        for actor, scope, own in zip(actors, scopes, tasks, strict=True)
    ]


class Looks:
    """Looks at the callers of all streams that ask within a moment, in one short transaction.

    Parameters
    ----------
    container
        What the process holds.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._asked: set[Credential] = set()
        self._next: asyncio.Task[dict[Credential, Sight] | None] | None = None

    async def find(self, credential: Credential) -> dict[Credential, Sight] | None:
        """Find what those see who are asked about now; nothing: nobody could look."""
        self._asked.add(credential)
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        return await asyncio.shield(self._next)

    async def _look(self) -> dict[Credential, Sight] | None:
        await asyncio.sleep(_GATHERED_S)
        asked, self._asked, self._next = self._asked, set(), None
        try:
            async with (
                asyncio.timeout(_WITHIN_S),
                unit_of_work(self._container.own_sessions) as session,
            ):
                return await self._find_sights(session, asked)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("stream_sessions_unchecked", error=type(error).__name__)
            return None

    async def _find_sights(
        self, session: AsyncSession, asked: Collection[Credential]
    ) -> dict[Credential, Sight]:
        now = await self._container.clock.now(session)
        today = now.astimezone(ZoneInfo(self._container.settings.zone)).date()
        found: dict[Credential, Actor] = {}
        for tokens in (True, False):
            digests = [each.digest for each in asked if each.is_token is tokens]
            if not digests:
                continue
            callers = await list_callers(session, digests, tokens=tokens, now=now, today=today)
            for digest, (user, actor) in callers.items():
                if not needs_enrolment(user):
                    found[Credential(digest, tokens)] = actor
        sights = await find_sights(session, found.values())
        return dict(zip(found, sights, strict=True))


def looks_of(connection: HTTPConnection) -> Looks:
    """Return what looks for the streams of the application that serves this request."""
    looks: Looks = connection.app.state.looks
    return looks


def make_look(request: Request, *, sight: Sight, permission: Permission) -> Look:
    """Make what looks at the caller of a stream again.

    While the database is away the last sight counts: the stream then has nothing to tell anyway.
    """
    looks = looks_of(request)
    credential = read_credential(request)
    last = sight

    async def look() -> Sight | None:
        nonlocal last
        if credential is None:
            return None
        found = await looks.find(credential)
        if found is None:
            return last
        seen = found.get(credential)
        if seen is None or not holds(seen.actor, permission):
            return None
        last = seen
        return last

    return look
