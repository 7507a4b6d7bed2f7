"""Senders: who may open an association with the gateway."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.directory.repository.senders import list_senders as find_senders
from app.directory.service import senders
from app.kit.errors import Conflict, NotFound
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


@router.get("")
async def list_senders(work: Reader, page: WantedPage) -> Page[SenderView]:
    """List the senders of the sites in one's scope."""
    rows = await find_senders(
        work.session,
        scope=work.scope(Permission.SENDER_READ),
        limit=page.fetch,
        after=page.after,
    )
    views = [SenderView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_sender(body: SenderBody, work: Writer) -> SenderView:
    """Create a sender; the gateways admit it from their next renewal on."""
    row = await senders.put_sender(work.session, actor=work.actor, values=body.model_dump())
    return SenderView.model_validate(row)


@router.get("/{sender_id}", responses=raises(NotFound))
async def show_sender(sender_id: Key, work: Reader) -> SenderView:
    """Show a sender."""
    row, site = await senders.load_sender(work.session, sender_id=sender_id)
    work.require(Permission.SENDER_READ, society_id=site.society_id, site_id=site.id)
    return SenderView.model_validate(row)


@router.put("/{sender_id}", responses=raises(NotFound, Conflict))
async def change_sender(sender_id: Key, body: SenderBody, work: Writer) -> SenderView:
    """Replace what is known of a sender."""
    row = await senders.put_sender(
        work.session, actor=work.actor, values=body.model_dump(), sender_id=sender_id
    )
    return SenderView.model_validate(row)


@router.post("/{sender_id}/disable", responses=raises(NotFound))
async def disable_sender(sender_id: Key, work: Writer) -> SenderView:
    """Disable a sender: studies refer to it, so that it is never deleted."""
    row = await senders.switch_sender(
        work.session, actor=work.actor, sender_id=sender_id, disabled_at=work.now
    )
    return SenderView.model_validate(row)


@router.post("/{sender_id}/enable", responses=raises(NotFound, Conflict))
async def enable_sender(sender_id: Key, work: Writer) -> SenderView:
    """Enable a sender again."""
    row = await senders.switch_sender(
        work.session, actor=work.actor, sender_id=sender_id, disabled_at=None
    )
    return SenderView.model_validate(row)
