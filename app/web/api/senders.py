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
    disabled_at: datetime | None


class SenderBody(Body):
    """A sender that is new, or what replaces what is known of one."""

    name: Line
    ae_title: Line
    addresses: Annotated[list[Line], Field(min_length=1, max_length=50)]
    """IP addresses, or networks in CIDR notation."""
    domain_id: BodyKey
    site_id: BodyKey
    """The site its studies belong to when no other rule speaks."""
    unknown_calling: Literal["accept", "refuse"] = "accept"
    """What to do when one of its addresses calls by a title that nobody has."""
    centre_id: BodyKey | None = None
    """Of a centre's node: what it sends carries our prefixes."""
    node: NodeBody | None = None
    """Where it answers C-FIND; none: it is never asked how many images a study has."""


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
