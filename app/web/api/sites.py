"""Requesting sites, and the domains of their identifiers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.domain.escalation import check_escalation
from app.delivery.domain.mail import check_address
from app.directory.domain import Permission
from app.directory.models import Site
from app.directory.repository import organisations
from app.directory.service import sites
from app.kit.errors import Conflict, Invalid, NotFound
from app.web.api.escalation import EscalationBody, read_table, write_table
from app.web.api.nodes import NodeView, SiteNodeBody, load_nodes
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(tags=["directory"])

Reader = Annotated[Work, needs(Permission.DIRECTORY_READ)]
Writer = Annotated[Work, needs(Permission.DIRECTORY_WRITE)]
DomainReader = Annotated[Work, needs(Permission.SENDER_READ)]
DomainWriter = Annotated[Work, needs(Permission.SENDER_WRITE)]

_WEEK_MINUTES = 7 * 24 * 60
MOST_COMMITMENT_DAYS = 3650
MOST_QUOTA_GIB = 1_000_000
Priority = Literal["P1", "P2", "P3", "P4"]
Minutes = Annotated[int, Field(ge=1, le=_WEEK_MINUTES)]


def _check_email(value: str) -> str:
    try:
        return check_address(value)
    except Invalid as error:
        raise ValueError(error.message) from error


class SiteView(View):
    """A requesting site."""

    id: int
    name: str
    finess: str
    society_id: int
    territory: str
    telephone_emergency: str
    telephone_ct: str
    zone: str
    language: str
    sla: dict[str, int]
    escalation: dict[str, EscalationBody]
    node: NodeView | None
    email: str | None
    """Where the on-call sheet goes."""
    prefix: str
    """Stands before its identifiers at a centre's node."""
    commitment_days: int | None
    """How long what was committed is kept; none: storage commitment is off."""
    quota_gib: int | None
    disabled_at: datetime | None


class SiteBody(Body):
    """A site that is new, or what replaces what is known of one."""

    name: Line
    finess: Line
    society_id: BodyKey
    """The referent society: the one of proximity."""
    territory: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    telephone_emergency: Line
    telephone_ct: Line
    zone: Line = "Europe/Paris"
    language: Literal["fr", "en"] = "fr"
    sla: dict[Priority, Minutes] = Field(default_factory=dict)
    """Minutes from first image to signature, where they differ from the platform's."""
    escalation: dict[Priority, EscalationBody] = Field(default_factory=dict)
    """Steps and delays, by priority, where they differ from the platform's; P4 has no steps."""
    node: SiteNodeBody | None = None
    """Where its reports go."""
    email: Annotated[str, AfterValidator(_check_email)] | None = None
    """Where the on-call sheet goes."""
    commitment_days: Annotated[int, Field(ge=1, le=MOST_COMMITMENT_DAYS)] | None = None
    """Storage commitment is answered, and what was committed is kept so long; none: it is off.
    Consoles delete what is committed."""
    quota_gib: Annotated[int, Field(ge=1, le=MOST_QUOTA_GIB)] | None = None
    """From so many stored GiB on there is an alarm; nothing is ever refused for it."""


class DomainView(View):
    """Who issues identifiers."""

    id: int
    name: str


class DomainBody(Body):
    """A domain that is new."""

    name: Line


async def _view(session: AsyncSession, rows: Sequence[Site]) -> list[SiteView]:
    nodes = await load_nodes(session, [row.endpoint_id for row in rows])
    return [
        SiteView(
            id=row.id,
            name=row.name,
            finess=row.finess,
            society_id=row.society_id,
            territory=row.territory,
            telephone_emergency=row.telephone_emergency,
            telephone_ct=row.telephone_ct,
            zone=row.zone,
            language=row.language,
            sla=row.sla,
            escalation=read_table(row.escalation),
            node=nodes.get(row.endpoint_id),
            email=row.email,
            prefix=row.prefix,
            commitment_days=row.commitment_days,
            quota_gib=row.quota_gib,
            disabled_at=row.disabled_at,
        )
        for row in rows
    ]


async def _put(work: Work, body: SiteBody, *, site_id: int | None = None) -> SiteView:
    escalation = write_table(body.escalation)
    check_escalation(escalation)
    row = await sites.put_site(
        work.session,
        actor=work.actor,
        values=body.model_dump(exclude={"node", "escalation"}) | {"escalation": escalation},
        node=None if body.node is None else body.node.model_dump(),
        site_id=site_id,
    )
    return (await _view(work.session, [row]))[0]


async def _switch(work: Work, site_id: int, disabled_at: datetime | None) -> SiteView:
    row = await sites.switch_site(
        work.session, actor=work.actor, site_id=site_id, disabled_at=disabled_at
    )
    return (await _view(work.session, [row]))[0]


@router.get("/sites")
async def list_sites(work: Reader, page: WantedPage) -> Page[SiteView]:
    """List the sites."""
    rows = await organisations.list_sites(
        work.session,
        scope=work.scope(Permission.DIRECTORY_READ),
        limit=page.fetch,
        after=page.after,
    )
    views = await _view(work.session, rows)
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("/sites", status_code=201, responses=raises(Conflict))
async def create_site(body: SiteBody, work: Writer) -> SiteView:
    """Create a site."""
    return await _put(work, body)


@router.get("/sites/{site_id}", responses=raises(NotFound))
async def show_site(site_id: Key, work: Reader) -> SiteView:
    """Show a site."""
    row = await sites.load_site(work.session, site_id=site_id)
    work.require(Permission.DIRECTORY_READ, society_id=row.society_id, site_id=row.id)
    return (await _view(work.session, [row]))[0]


@router.put("/sites/{site_id}", responses=raises(NotFound, Conflict))
async def change_site(site_id: Key, body: SiteBody, work: Writer) -> SiteView:
    """Replace what is known of a site; its open cases keep the clocks they have.

    Reports that its node did not get, because it had none or took no form, are sent.
    """
    view = await _put(work, body, site_id=site_id)
    await pipeline.site_node_changed(work.session, site_id, actor=work.actor, now=work.now)
    return view


@router.post("/sites/{site_id}/disable", responses=raises(NotFound))
async def disable_site(site_id: Key, work: Writer) -> SiteView:
    """Disable a site: cases refer to it, so that it is never deleted."""
    return await _switch(work, site_id, work.now)


@router.post("/sites/{site_id}/enable", responses=raises(NotFound))
async def enable_site(site_id: Key, work: Writer) -> SiteView:
    """Enable a site again."""
    return await _switch(work, site_id, None)


@router.get("/domains")
async def list_domains(work: DomainReader, page: WantedPage) -> Page[DomainView]:
    """List the domains of identifiers."""
    rows = await organisations.list_domains(work.session, limit=page.fetch, after=page.after)
    views = [DomainView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("/domains", status_code=201, responses=raises(Conflict))
async def create_domain(body: DomainBody, work: DomainWriter) -> DomainView:
    """Create a domain of identifiers."""
    row = await sites.create_domain(work.session, actor=work.actor, name=body.name)
    return DomainView.model_validate(row)
