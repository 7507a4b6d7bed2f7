"""Use cases of senders: who may open an association.

The gateways renew their snapshot of the senders every second while they reach the database.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, AlreadyTaken, Permission, require
from app.directory.domain.addresses import check_networks, have_common_address
from app.directory.domain.identifiers import check_ae_title
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
        Where it answers C-FIND about the studies that it sends; nothing: it is not asked.

    Raises
    ------
    AlreadyTaken
        If another enabled sender of this title calls from a common address: an association must
        name one sender.
    InvalidField
        If the title or an address is wrong.
    """
    require(actor, Permission.SENDER_WRITE)
    sender = Sender() if sender_id is None else (await load_sender(session, sender_id=sender_id))[0]
    title = check_ae_title(values["ae_title"])
    addresses = list(check_networks(values["addresses"]))
    with session.no_autoflush:
        endpoint_id = await put_node(
            session, actor=actor, endpoint_id=sender.endpoint_id, name=values["name"], values=node
        )
    checked = {"ae_title": title, "addresses": addresses, "endpoint_id": endpoint_id}
    put(sender, {**values, **checked})
    if sender.disabled_at is None:
        with session.no_autoflush:
            await _refuse_namesakes(session, sender)
    await save(session, sender)
    return sender


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
