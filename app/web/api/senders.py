"""Senders: who may open an association with the gateway."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Permission
from app.directory.models import Sender
from app.directory.repository.senders import list_senders as find_senders
from app.directory.service import senders
from app.kit.errors import Conflict, NotFound
from app.web.api.nodes import NodeBody, NodeView, load_nodes
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/senders", tags=["directory"])

Reader = Annotated[Work, needs(Permission.SENDER_READ)]
Writer = Annotated[Work, needs(Permission.SENDER_WRITE)]
Uid = Annotated[str, Field(max_length=64, pattern=r"^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+$")]
MOST_ASSOCIATIONS = 10_000
"""As many as the gateway's own limit may be."""


class SenderView(View):
    """A sender."""

    id: int
    name: str
    ae_title: str
    addresses: list[str]
    domain_id: int
    site_id: int
    unknown_calling: Literal["accept", "refuse"]
    centre_id: int | None
    node: NodeView | None
    certificate_names: list[str]
    most_associations: int | None
    sop_classes: list[str]
    transfer_syntaxes: list[str]
    disabled_at: datetime | None


class SenderBody(Body):
    """A sender that is new, or what replaces what is known of one."""

    name: Line
    ae_title: Line
    addresses: Annotated[list[Line], Field(max_length=50)]
    """IP addresses, or networks in CIDR notation; none for a sender that only calls over TLS, by
    one of its certificates."""
    domain_id: BodyKey
    site_id: BodyKey
    """The site its studies belong to when no other rule speaks."""
    unknown_calling: Literal["accept", "refuse"] = "accept"
    """What to do when one of its addresses calls by a title that nobody has."""
    centre_id: BodyKey | None = None
    """Of a centre's node: what it sends carries our prefixes."""
    node: NodeBody | None = None
    """Where it answers C-ECHO, C-FIND and our reports of storage commitment; none: it is never
    asked how many images a study has, and nothing is committed."""
    certificate_names: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    """Common names or DNS names of the client certificates that it calls with over TLS."""
    most_associations: Annotated[int, Field(ge=1, le=MOST_ASSOCIATIONS)] | None = None
    """At the same time; none: only the limits of the gateway."""
    sop_classes: Annotated[list[Uid], Field(max_length=500)] = Field(default_factory=list)
    """Storage classes that are taken from it; empty: every one, private and unknown ones too."""
    transfer_syntaxes: Annotated[list[Uid], Field(max_length=100)] = Field(default_factory=list)
    """Taken from it, best first; empty: all, in the order in which it proposes them."""


async def _view(session: AsyncSession, rows: Sequence[Sender]) -> list[SenderView]:
    nodes = await load_nodes(session, [row.endpoint_id for row in rows])
    names = SenderView.model_fields.keys() - {"node"}
    return [
        SenderView(node=nodes.get(row.endpoint_id), **{name: getattr(row, name) for name in names})
        for row in rows
    ]


async def _view_one(work: Work, row: Sender) -> SenderView:
    (view,) = await _view(work.session, [row])
    return view


@router.get("")
async def list_senders(work: Reader, page: WantedPage) -> Page[SenderView]:
    """List the senders of the sites in one's scope."""
    rows = await find_senders(
        work.session,
        scope=work.scope(Permission.SENDER_READ),
        limit=page.fetch,
        after=page.after,
    )
    views = await _view(work.session, rows)
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_sender(body: SenderBody, work: Writer) -> SenderView:
    """Create a sender; the gateways admit it from their next renewal on."""
    row = await _put(body, work)
    return await _view_one(work, row)


@router.get("/{sender_id}", responses=raises(NotFound))
async def show_sender(sender_id: Key, work: Reader) -> SenderView:
    """Show a sender."""
    row, site = await senders.load_sender(work.session, sender_id=sender_id)
    work.require(Permission.SENDER_READ, society_id=site.society_id, site_id=site.id)
    return await _view_one(work, row)


@router.put("/{sender_id}", responses=raises(NotFound, Conflict))
async def change_sender(sender_id: Key, body: SenderBody, work: Writer) -> SenderView:
    """Replace what is known of a sender."""
    row = await _put(body, work, sender_id=sender_id)
    return await _view_one(work, row)


@router.post("/{sender_id}/disable", responses=raises(NotFound))
async def disable_sender(sender_id: Key, work: Writer) -> SenderView:
    """Disable a sender: studies refer to it, so that it is never deleted."""
    row = await senders.switch_sender(
        work.session, actor=work.actor, sender_id=sender_id, disabled_at=work.now
    )
    return await _view_one(work, row)


@router.post("/{sender_id}/enable", responses=raises(NotFound, Conflict))
async def enable_sender(sender_id: Key, work: Writer) -> SenderView:
    """Enable a sender again."""
    row = await senders.switch_sender(
        work.session, actor=work.actor, sender_id=sender_id, disabled_at=None
    )
    return await _view_one(work, row)


async def _put(body: SenderBody, work: Work, *, sender_id: int | None = None) -> Sender:
    return await senders.put_sender(
        work.session,
        actor=work.actor,
        values=body.model_dump(exclude={"node"}),
        node=body.node.model_dump() if body.node else None,
        sender_id=sender_id,
    )
