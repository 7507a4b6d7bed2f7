"""Use cases of senders: who may open an association.

The gateways renew their snapshot of the senders every second while they reach the database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, AlreadyTaken, InvalidField, Permission, require
from app.directory.domain.addresses import check_networks, have_common_address
from app.directory.domain.identifiers import check_ae_title
from app.directory.domain.negotiation import check_certificate_names, check_uids
from app.directory.models import Sender, Site
from app.directory.repository.rows import find_row, put, save
from app.directory.repository.senders import list_namesakes
from app.directory.service.nodes import put_node
from app.kit.errors import NotFound


class SenderUnknown(NotFound):
    """There is no such sender."""


async def load_sender(session: AsyncSession, *, sender_id: int) -> tuple[Sender, Site]:
    """Load a sender and its site.

    Raises
    ------
    SenderUnknown
        If there is none.
    """
    sender = await find_row(session, Sender, sender_id)
    site = None if sender is None else await find_row(session, Site, sender.site_id)
    if sender is None or site is None:
        raise SenderUnknown(f"there is no sender {sender_id}")
    return sender, site


async def put_sender(
    session: AsyncSession,
    *,
    actor: Actor,
    values: Mapping[str, Any],
    node: Mapping[str, Any] | None = None,
    sender_id: int | None = None,
) -> Sender:
    """Create a sender, or replace what is known of one.

    Parameters
    ----------
    node
        Where it answers C-ECHO, C-FIND about the studies that it sends, and our reports of storage
        commitment; nothing: it is not asked.

    Raises
    ------
    AlreadyTaken
        If another enabled sender of this title calls from a common address.
    InvalidField
        If the title, an address, a UID or the name of a certificate is wrong.
    """
    require(actor, Permission.SENDER_WRITE)
    sender = Sender() if sender_id is None else (await load_sender(session, sender_id=sender_id))[0]
    title = check_ae_title(values["ae_title"])
    addresses = list(check_networks(values["addresses"]))
    lists = _check_lists(values)
    _require_way_in(addresses, names=lists.get("certificate_names", sender.certificate_names))
    with session.no_autoflush:
        endpoint_id = await put_node(
            session, actor=actor, endpoint_id=sender.endpoint_id, name=values["name"], values=node
        )
    checked = {"ae_title": title, "addresses": addresses, "endpoint_id": endpoint_id}
    put(sender, {**values, **checked, **lists})
    if sender.disabled_at is None:
        with session.no_autoflush:
            await _refuse_namesakes(session, sender)
    await save(session, sender)
    return sender


async def agree_with_sender(
    session: AsyncSession,
    *,
    actor: Actor,
    sender_id: int,
    values: Mapping[str, Any],
    node: Mapping[str, Any] | None,
) -> Sender:
    """Change what is agreed with a sender: its certificates, limits, classes, syntaxes, its node.

    Parameters
    ----------
    values
        `certificate_names`, `most_associations`, `sop_classes` and `transfer_syntaxes`.

    Raises
    ------
    InvalidField
        If a UID, the name of a certificate, or the title of the node is wrong; nothing is changed.
    """
    require(actor, Permission.SENDER_WRITE)
    sender, _ = await load_sender(session, sender_id=sender_id)
    lists = _check_lists(values)
    _require_way_in(
        sender.addresses, names=lists.get("certificate_names", sender.certificate_names)
    )
    endpoint_id = await put_node(
        session, actor=actor, endpoint_id=sender.endpoint_id, name=sender.name, values=node
    )
    put(sender, {**values, **lists, "endpoint_id": endpoint_id})
    await save(session, sender)
    return sender


def _require_way_in(addresses: Sequence[str], *, names: Sequence[str] | None) -> None:
    """Refuse a sender that could call by nothing: neither an address nor a certificate."""
    if not addresses and not names:
        raise InvalidField("addresses", "give an address, or the name of a certificate")


def _check_lists(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Check what is agreed with the sender; what the caller leaves out stays as it is."""
    checked = {
        name: list(check_uids(values[name], field=name))
        for name in ("sop_classes", "transfer_syntaxes")
        if name in values
    }
    if "certificate_names" in values:
        checked["certificate_names"] = list(check_certificate_names(values["certificate_names"]))
    return checked


async def switch_sender(
    session: AsyncSession, *, actor: Actor, sender_id: int, disabled_at: datetime | None
) -> Sender:
    """Disable a sender, since studies refer to it; or enable it again.

    Raises
    ------
    AlreadyTaken
        If another enabled sender has its title and a common address by now.
    """
    require(actor, Permission.SENDER_WRITE)
    sender, _ = await load_sender(session, sender_id=sender_id)
    if disabled_at is None:
        await _refuse_namesakes(session, sender)
    sender.disabled_at = disabled_at
    await save(session)
    return sender


async def _refuse_namesakes(session: AsyncSession, sender: Sender) -> None:
    # Two namesakes that are created at the same moment would not see each other.
    await wait_for_lock(session, f"sender:{sender.ae_title}")
    others = await list_namesakes(session, ae_title=sender.ae_title, but_sender_id=sender.id)
    if any(have_common_address(sender.addresses, other.addresses) for other in others):
        message = "another sender of this title calls from one of these addresses"
        raise AlreadyTaken("addresses", message)
