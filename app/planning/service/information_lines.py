"""Use cases of what sites announce on the on-call board."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid, NotFound
from app.kit.interval import Interval
from app.planning.models import InformationLine
from app.planning.repository import information_lines as repository


class InformationUnknown(NotFound):
    """There is no such line, or no such site."""


async def announce(
    session: AsyncSession,
    *,
    site_id: int,
    label: str,
    text: str,
    telephone: str,
    interval: Interval,
    actor: Actor,
    now: datetime,
) -> InformationLine:
    """Announce something of a site for a stretch of time.

    Raises
    ------
    PermissionDenied
        If the actor may not announce for that site.
    InformationUnknown
        If there is no such site.
    Invalid
        If it is over already: nobody would ever see it.
    """
    await _require(session, actor, site_id=site_id)
    if interval.end <= now:
        raise Invalid(f"this was over at {interval.end:%Y-%m-%d %H:%M} UTC: choose a later end")
    return await repository.add_line(
        session,
        site_id=site_id,
        label=label,
        text=text,
        telephone=telephone,
        interval=interval,
        created_by=actor.user_id,
        now=now,
    )


async def withdraw(session: AsyncSession, line_id: int, *, actor: Actor) -> None:
    """Take a line off the board.

    Raises
    ------
    InformationUnknown
        If there is none.
    PermissionDenied
        If the actor may not announce for its site.
    """
    line = await repository.find_line(session, line_id)
    if line is None:
        raise InformationUnknown(f"there is no information line {line_id}")
    await _require(session, actor, site_id=line.site_id)
    await repository.delete_line(session, line_id)


async def _require(session: AsyncSession, actor: Actor, *, site_id: int) -> None:
    """Refuse who may announce neither for a site nor for its referent society."""
    society_id = await repository.find_referent(session, site_id)
    require(actor, Permission.INFORMATION_WRITE, site_id=site_id, society_id=society_id)
    if society_id is None:
        raise InformationUnknown(f"there is no site {site_id}")
