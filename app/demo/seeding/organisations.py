"""Societies with their volumes, centres, hospitals and modalities."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.demo.gcs.rules import PRIORITY_RULES
from app.demo.gcs.shapes import SiteData
from app.demo.gcs.sites import SITES
from app.demo.gcs.societies import SOCIETIES
from app.demo.seeding.rows import read_by
from app.directory.domain import SYSTEM
from app.directory.models import Centre, Domain, PriorityRule, Sender, Site, Society
from app.directory.service.centres import put_centre
from app.directory.service.nodes import put_node
from app.directory.service.senders import put_sender
from app.directory.service.sites import create_domain, put_site
from app.directory.service.societies import create_society
from app.planning.models import Volume

_LOOPBACK = "127.0.0.1"
_LOOPBACK_NETWORKS = ("127.0.0.0/8", "::1/128")


async def keep_societies(session: AsyncSession, *, today: date) -> dict[str, int]:
    """Keep the societies and their volumes of last year; returns their ids by short name."""
    known = await read_by(session, Society, "short_name")
    for each in SOCIETIES:
        if each.short_name not in known:
            values = {
                "name": each.name,
                "short_name": each.short_name,
                "joined_on": each.joined_on,
            }
            known[each.short_name] = await create_society(session, actor=SYSTEM, values=values)
    ids = {short_name: society.id for short_name, society in known.items()}
    await _keep_volumes(session, ids, year=today.year - 1)
    return ids


async def _keep_volumes(session: AsyncSession, societies: Mapping[str, int], *, year: int) -> None:
    period = Range(date(year, 1, 1), date(year + 1, 1, 1))
    counted = set(await session.scalars(select(Volume.society_id).where(Volume.period == period)))
    session.add_all(
        Volume(society_id=society_id, period=period, exams=each.yearly_exams, source="imported")
        for each in SOCIETIES
        if (society_id := societies[each.short_name]) not in counted
    )


async def keep_centres(
    session: AsyncSession, *, societies: Mapping[str, int], port: int
) -> dict[str, int]:
    """Keep the centres, their nodes on this port; returns their ids by the key of the data set."""
    known = await read_by(session, Centre, "name")
    ids = {}
    for society in SOCIETIES:
        for each in society.centres:
            node = {"ae_title": each.key, "host": _LOOPBACK, "port": port, "forms": []}
            centre = known.get(each.name)
            if centre is None:
                values = {
                    "society_id": societies[society.short_name],
                    "name": each.name,
                    "telephone": each.telephone,
                }
                centre = await put_centre(session, actor=SYSTEM, values=values, node=node)
            else:
                await _move_node(session, centre.endpoint_id, name=each.name, node=node)
            ids[each.key] = centre.id
    return ids


async def keep_sites(
    session: AsyncSession, *, societies: Mapping[str, int], port: int
) -> dict[str, int]:
    """Keep the hospitals, their nodes on this port; returns their ids by the data set's key."""
    known = await read_by(session, Site, "finess")
    ids = {}
    for each in SITES:
        node = _describe_node(each, port=port)
        site = known.get(each.finess)
        if site is None:
            values = _describe_site(each, society_id=societies[each.society])
            site = await put_site(session, actor=SYSTEM, values=values, node=node)
        else:
            await _move_node(session, site.endpoint_id, name=each.name, node=node)
        ids[each.key] = site.id
    return ids


def _describe_node(site: SiteData, *, port: int) -> dict[str, Any]:
    return {
        "ae_title": site.node_ae_title,
        "host": _LOOPBACK,
        "port": port,
        "forms": ["sr", "encapsulated_pdf"],
    }


def _describe_site(site: SiteData, *, society_id: int) -> dict[str, Any]:
    return {
        "name": site.name,
        "finess": site.finess,
        "society_id": society_id,
        "territory": site.territory,
        "telephone_emergency": site.telephone_emergency,
        "telephone_ct": site.telephone_ct,
        "zone": "Europe/Paris",
        "language": "fr",
        "sla": {},
    }


async def _move_node(
    session: AsyncSession, endpoint_id: int | None, *, name: str, node: Mapping[str, Any]
) -> None:
    await put_node(session, actor=SYSTEM, endpoint_id=endpoint_id, name=name, values=node)


async def keep_senders(session: AsyncSession, *, sites: Mapping[str, int]) -> None:
    """Keep the modalities of the hospitals, and what makes their studies urgent."""
    domains = await read_by(session, Domain, "name")
    known = await read_by(session, Sender, "ae_title")
    for site in SITES:
        # Each hospital numbers its patients itself: its identifiers are a domain of their own.
        if site.name not in domains:
            domains[site.name] = await create_domain(session, actor=SYSTEM, name=site.name)
        for each in site.senders:
            if each.ae_title not in known:
                values = {
                    "name": each.name,
                    "ae_title": each.ae_title,
                    "addresses": _LOOPBACK_NETWORKS,
                    "domain_id": domains[site.name].id,
                    "site_id": sites[site.key],
                }
                await put_sender(session, actor=SYSTEM, values=values)
    if not await session.scalar(select(PriorityRule.id).limit(1)):
        session.add_all(
            PriorityRule(rank=rank, **rule) for rank, rule in enumerate(PRIORITY_RULES, start=1)
        )
