"""Use cases of the rings of a site: see how near everybody is, set it from a date on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.service.sites import load_site
from app.dispatch.domain.policy import Ring
from app.dispatch.domain.rings import SetRing, check_rings, derive_ring
from app.dispatch.repository import rings as repository
from app.kit.errors import NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class RingShown:
    """How near a society, or a named radiologist, is to a site on a date."""

    ring: Ring
    is_set: bool
    """Else derived."""
    society_id: int | None = None
    radiologist_id: int | None = None


async def list_rings(session: AsyncSession, site_id: int, *, on: date) -> list[RingShown]:
    """List the rings of a site on a date: each society of the group, then radiologists by name.

    Raises
    ------
    NotFound
        If there is no such site.
    """
    site = await load_site(session, site_id=site_id)
    rows = [repository.read(each) for each in await repository.list_set(session, site_id, on=on)]
    named = {each.society_id: each.ring for each in rows if each.society_id is not None}
    societies = [
        RingShown(
            ring=derive_ring(
                is_member=True,
                is_referent=society_id == site.society_id,
                is_of_territory=is_of_territory,
                named=named.get(society_id),
            ),
            is_set=society_id in named,
            society_id=society_id,
        )
        for society_id, is_of_territory in await repository.list_societies(session, site, on=on)
    ]
    return societies + [
        RingShown(ring=each.ring, is_set=True, radiologist_id=each.radiologist_id)
        for each in rows
        if each.radiologist_id is not None
    ]


async def set_rings(
    session: AsyncSession,
    site_id: int,
    rings: Iterable[SetRing],
    *,
    since: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Set the rings of a site from a date on; whoever is not named is derived again.

    Raises
    ------
    InvalidRings
        If one breaks a rule.
    NotFound
        If there is no such site.
    PermissionDenied
        If the actor may not set them.
    """
    require(actor, Permission.SETTING_WRITE)
    if actor.user_id is None:
        raise NotAllowed("rings are set by a person, never by the platform itself")
    checked = check_rings(rings)
    await load_site(session, site_id=site_id)
    await repository.put(session, site_id, checked, since=since, user_id=actor.user_id, now=now)
