"""Use cases of requesting sites, and of the domains of their identifiers."""

import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, InvalidField, Permission, require
from app.directory.domain.identifiers import check_finess
from app.directory.models import Domain, Site
from app.directory.repository.rows import find_row, put, save
from app.directory.service.nodes import put_node
from app.kit.errors import NotFound


class SiteUnknown(NotFound):
    """There is no such site."""


async def load_site(session: AsyncSession, *, site_id: int) -> Site:
    """Load a site.

    Raises
    ------
    SiteUnknown
        If there is none.
    """
    site = await find_row(session, Site, site_id)
    if site is None:
        raise SiteUnknown(f"there is no site {site_id}")
    return site


async def put_site(
    session: AsyncSession,
    *,
    actor: Actor,
    values: Mapping[str, Any],
    node: Mapping[str, Any] | None,
    site_id: int | None = None,
) -> Site:
    """Create a site, or replace what is known of one.

    Raises
    ------
    InvalidField
        If the FINESS number or the zone is wrong.
    """
    require(actor, Permission.DIRECTORY_WRITE, society_id=values["society_id"])
    site = Site() if site_id is None else await load_site(session, site_id=site_id)
    if site_id is not None:
        require(actor, Permission.DIRECTORY_WRITE, society_id=site.society_id)
    if values["zone"] not in zoneinfo.available_timezones():
        raise InvalidField("zone", "this is no time zone of the IANA database")
    endpoint_id = await put_node(
        session, actor=actor, endpoint_id=site.endpoint_id, name=values["name"], values=node
    )
    finess = check_finess(values["finess"])
    put(site, {**values, "finess": finess, "endpoint_id": endpoint_id})
    await save(session, site)
    return site


async def set_keeping(
    session: AsyncSession,
    *,
    actor: Actor,
    site_id: int,
    commitment_days: int | None,
    quota_gib: int | None,
) -> Site:
    """Set how long what a site commits is kept, and from how much stored on there is an alarm.

    Parameters
    ----------
    commitment_days
        From 1; nothing: storage commitment is off.
    quota_gib
        From 1; nothing: no alarm.
    """
    site = await load_site(session, site_id=site_id)
    require(actor, Permission.DIRECTORY_WRITE, society_id=site.society_id)
    put(site, {"commitment_days": commitment_days, "quota_gib": quota_gib})
    await save(session, site)
    return site


async def set_escalation(
    session: AsyncSession, *, actor: Actor, site_id: int, table: Mapping[str, Mapping[str, Any]]
) -> Site:
    """Set a site's own steps and delays, by priority; open cases keep those that they have.

    The caller has checked that they would do what steps are for.
    """
    site = await load_site(session, site_id=site_id)
    require(actor, Permission.DIRECTORY_WRITE, society_id=site.society_id)
    put(site, {"escalation": dict(table)})
    await save(session, site)
    return site


async def switch_site(
    session: AsyncSession, *, actor: Actor, site_id: int, disabled_at: datetime | None
) -> Site:
    """Disable a site, since cases refer to it; or enable it again. Its senders stay as they are."""
    site = await load_site(session, site_id=site_id)
    require(actor, Permission.DIRECTORY_WRITE, society_id=site.society_id)
    site.disabled_at = disabled_at
    await save(session)
    return site


async def create_domain(session: AsyncSession, *, actor: Actor, name: str) -> Domain:
    """Create a domain of identifiers: who issues patient, accession and study identifiers."""
    require(actor, Permission.SENDER_WRITE)
    domain = Domain(name=name)
    await save(session, domain)
    return domain
