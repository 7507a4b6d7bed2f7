"""One sender: is it there, does it reach us, and what is agreed with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.delivery.service.echo import LONGEST_S, EchoResult, NodeUnknown
from app.directory.domain import Permission
from app.directory.domain.errors import InvalidField
from app.directory.models import Sender, Site
from app.directory.service.senders import agree_with_sender, load_sender
from app.intake.repository.association_lists import list_of_sender
from app.web.api.instants import At
from app.web.echoing import echo_late
from app.web.pages.association_view import (
    AssociationShown,
    Heard,
    Named,
    OwnEntry,
    describe_own_entry,
    judge_heard,
    show_association,
    show_uid,
)
from app.web.pages.association_words import ECHOES
from app.web.pages.associations import write_advice
from app.web.pages.door import SentForm, Visit, visit
from app.web.pages.rendering import is_htmx, render_page, render_part
from app.web.pages.sender_view import Agreed, NodeShown, label_of, list_nodes
from app.web.schemas import Key

router = APIRouter(prefix="/settings/senders")

Reader = Annotated[Visit, visit(Permission.SENDER_READ)]
Writer = Annotated[Visit, visit(Permission.SENDER_WRITE)]
Listener = Annotated[Visit, visit(Permission.ASSOCIATION_READ)]
Since = Annotated[At | None, Query()]
_TEMPLATE = "senders/sender.html"
_INWARD = "senders/inward.html"
_LATEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoShown:
    """What became of a C-ECHO to a node."""

    endpoint_id: int
    result: EchoResult
    text: str
    """In words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderPage:
    """A sender, its nodes, and what is agreed with it.

    Parameters
    ----------
    refused
        Why what was typed is not kept: the label of the field, and the rule that it breaks.
    echo
        What the node said that was asked just now.
    """

    sender: Sender
    site: Site
    nodes: tuple[NodeShown, ...]
    agreed: Agreed
    sop_classes: tuple[Named, ...]
    transfer_syntaxes: tuple[Named, ...]
    may_write: bool
    longest_s: int
    refused: tuple[str, str] | None = None
    echo: EchoShown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InwardPage:
    """What a modality must be told to call us, and whether it has."""

    sender: Sender
    site: Site
    entry: OwnEntry
    since: datetime
    heard: Heard
    lines: tuple[AssociationShown, ...]
    advice: str


@router.get("/{sender_id}")
async def show_sender(sender_id: Key, guest: Reader) -> HTMLResponse:
    """Show a sender."""
    page = await _load_page(guest, sender_id)
    return render_page(_TEMPLATE, frame=guest.frame, view=page)


async def _load_page(guest: Visit, sender_id: int, *, agreed: Agreed | None = None) -> SenderPage:
    sender, site = await load_sender(guest.session, sender_id=sender_id)
    guest.work.require(Permission.SENDER_READ, society_id=site.society_id, site_id=site.id)
    nodes = await list_nodes(guest.session, sender=sender, site=site)
    own = next((each.node for each in nodes if each.node.id == sender.endpoint_id), None)
    return SenderPage(
        sender=sender,
        site=site,
        nodes=nodes,
        agreed=agreed or Agreed.of(sender, own),
        sop_classes=_name(sender.sop_classes),
        transfer_syntaxes=_name(sender.transfer_syntaxes),
        may_write=guest.work.scope(Permission.SENDER_WRITE).everything,
        longest_s=round(LONGEST_S),
    )


def _name(uids: Sequence[str]) -> tuple[Named, ...]:
    return tuple(show_uid(each) for each in uids)


@router.post("/{sender_id}")
async def change_sender(sender_id: Key, form: SentForm, guest: Writer) -> Response:
    """Change what is agreed with a sender; the gateways know it within a second."""
    agreed = Agreed.typed(form)
    page = await _load_page(guest, sender_id, agreed=agreed)
    try:
        await agree_with_sender(
            guest.session,
            actor=guest.work.actor,
            sender_id=sender_id,
            values=agreed.read(),
            node=agreed.read_node(),
        )
    except InvalidField as error:
        # Whatever is wrong is found before the first row is touched.
        refused = replace(page, refused=(label_of(error.field), error.message))
        return render_page(_TEMPLATE, frame=guest.frame, view=refused, status=422)
    guest.work.note_access("change", subject="sender", subject_id=sender_id)
    return RedirectResponse(f"/settings/senders/{sender_id}", 303)


@router.post("/{sender_id}/echo/{endpoint_id}")
async def echo_node(sender_id: Key, endpoint_id: Key, request: Request, guest: Writer) -> Response:
    """Ask one of the sender's nodes whether it is there."""
    page = await _load_page(guest, sender_id)
    if endpoint_id not in {each.node.id for each in page.nodes}:
        raise NodeUnknown(f"sender {sender_id} has no node {endpoint_id}")

    def answer(result: EchoResult) -> Response:
        echoed = EchoShown(endpoint_id=endpoint_id, result=result, text=_say_echo(guest, result))
        shown = replace(page, echo=echoed)
        if is_htmx(request):
            return render_part(_TEMPLATE, "nodes", frame=guest.frame, view=shown)
        return render_page(_TEMPLATE, frame=guest.frame, view=shown)

    return await echo_late(request, guest.work, endpoint_id, answer=answer)


def _say_echo(guest: Visit, result: EchoResult) -> str:
    values: Mapping[str, object] = {"ours": guest.work.container.settings.ae_title}
    return guest.frame.texts.gettext(ECHOES[result.outcome]) % values


@router.get("/{sender_id}/inward")
async def await_echo(sender_id: Key, guest: Listener, since: Since = None) -> Response:
    """Wait for the sender's own echo: what it must be set to, and what has come since then."""
    sender, site = await load_sender(guest.session, sender_id=sender_id)
    guest.work.require(Permission.ASSOCIATION_READ, society_id=site.society_id, site_id=site.id)
    if since is None:
        # In the address, so that a page that is loaded again still waits for the same.
        at = guest.work.now.isoformat(timespec="seconds").replace("+00:00", "Z")
        return RedirectResponse(f"/settings/senders/{sender_id}/inward?since={at}", 303)
    rows = await list_of_sender(
        guest.session, sender_id=sender.id, networks=sender.addresses, since=since, limit=_LATEST
    )
    heard = judge_heard(rows)
    page = InwardPage(
        sender=sender,
        site=site,
        entry=describe_own_entry(guest.work.container.settings),
        since=since,
        heard=heard,
        lines=tuple(show_association(each, names={sender.id: sender.name}) for each in rows),
        advice=write_advice(guest, rows[0]) if heard is Heard.REFUSED else "",
    )
    if is_htmx(guest.request):
        return render_part(_INWARD, "seen", frame=guest.frame, view=page)
    return render_page(_INWARD, frame=guest.frame, view=page)
