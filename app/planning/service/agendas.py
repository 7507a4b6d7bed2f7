"""Use cases of agendas: secret addresses at which guards are read by programs of calendars."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.service.secrets import digest_token
from app.kit.errors import Invalid, NotFound
from app.kit.interval import Interval
from app.planning.domain.agenda import Appointment, Subject, make_agenda
from app.planning.models import CalendarFeed
from app.planning.repository import agendas
from app.planning.repository.absences import map_societies
from app.planning.repository.people import name_radiologists, name_societies

BEHIND, AHEAD = timedelta(days=15), timedelta(days=180)
"""What of the past stays to be read, so that cancellations reach every program, and of the future.
"""

_SECRET_BYTES = 32
_NOTED_EVERY = timedelta(hours=1)


class FeedUnknown(NotFound):
    """Nothing can be read at this address, or no longer."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is read at an address.

    Parameters
    ----------
    name
        Of the radiologist or society; empty for the whole group.
    """

    name: str
    subject: Subject
    appointments: Sequence[Appointment]


async def add_feed(
    session: AsyncSession, *, subject: Subject, actor: Actor, now: datetime
) -> tuple[CalendarFeed, str]:
    """Add an address for a subject; return it with its secret, which is kept nowhere.

    Raises
    ------
    PermissionDenied
        If the actor may not read plannings, or wants the agenda of another radiologist of whose
        society they are no planner.
    FeedUnknown
        If there is no such radiologist or society.
    Invalid
        If both are given.
    """
    require(actor, Permission.PLANNING_READ)
    if subject.radiologist_id is not None and subject.society_id is not None:
        raise Invalid("an agenda is of a radiologist or of a society, not of both")
    name = await _name(session, subject)
    if name is None:
        raise FeedUnknown("there is no such radiologist or society")
    if subject.radiologist_id not in {None, actor.radiologist_id}:
        own = await map_societies(session, [subject.radiologist_id or 0], on=now.date())
        society_id = next(iter(own.values()), None)
        require(actor, Permission.PLANNING_WRITE, society_id=society_id)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    feed = await agendas.add_feed(
        session,
        digest=digest_token(secret),
        subject=subject,
        created_by=actor.user_id,
        now=now,
    )
    return feed, secret


async def list_feeds(session: AsyncSession, *, actor: Actor) -> Sequence[CalendarFeed]:
    """List the addresses that the actor made, or that show their guards."""
    return await agendas.list_feeds(
        session, created_by=actor.user_id, radiologist_id=actor.radiologist_id
    )


async def revoke_feed(session: AsyncSession, feed_id: int, *, actor: Actor, now: datetime) -> None:
    """Let an address be read no more; whoever may plan for the group revokes any.

    Raises
    ------
    FeedUnknown
        If there is none, or it is another person's.
    """
    feed = await agendas.get_feed(session, feed_id)
    if feed is None or feed.revoked_at is not None:
        raise FeedUnknown(f"there is no calendar feed {feed_id}")
    own = feed.created_by == actor.user_id or (
        feed.radiologist_id is not None and feed.radiologist_id == actor.radiologist_id
    )
    if not own:
        require(actor, Permission.PLANNING_WRITE)
    await agendas.revoke_feed(session, feed_id, now=now)


async def read_agenda(session: AsyncSession, secret: str, *, now: datetime) -> Agenda:
    """Read what stands at a secret address.

    Raises
    ------
    FeedUnknown
        If there is no such address, it was revoked, or its radiologist was disabled.
    """
    feed = await agendas.find_feed(session, digest_token(secret))
    if feed is None:
        raise FeedUnknown("nothing can be read at this address; ask for a new one")
    await agendas.note_read(session, feed.id, now=now, before=now - _NOTED_EVERY)
    subject = Subject(radiologist_id=feed.radiologist_id, society_id=feed.society_id)
    holdings = await agendas.list_holdings(
        session, window=Interval(now - BEHIND, now + AHEAD), subject=subject
    )
    return Agenda(
        name=await _name(session, subject) or "",
        subject=subject,
        appointments=make_agenda(holdings, subject=subject),
    )


async def _name(session: AsyncSession, subject: Subject) -> str | None:
    if subject.radiologist_id is not None:
        return (await name_radiologists(session, [subject.radiologist_id])).get(
            subject.radiologist_id
        )
    if subject.society_id is not None:
        return (await name_societies(session, [subject.society_id])).get(subject.society_id)
    return ""
