"""Nodes that we send to: a part of a centre or of a site."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.domain.identifiers import check_ae_title
from app.directory.models import Endpoint
from app.directory.repository.rows import find_row, put, save


async def put_node(
    session: AsyncSession,
    *,
    actor: Actor,
    endpoint_id: int | None,
    name: str,
    values: Mapping[str, Any] | None,
) -> int | None:
    """Create, change or leave alone a node; return its id, or nothing when there is none any more.

    Where patients' images and reports are sent is the group's decision: a change needs the
    permission for senders. A node that is no longer wanted stays, since deliveries refer to it.
    """
    current = None if endpoint_id is None else await find_row(session, Endpoint, endpoint_id)
    if values is None:
        if current is not None:
            require(actor, Permission.SENDER_WRITE)
        return None
    wanted = {**values, "ae_title": check_ae_title(values["ae_title"], field="node.ae_title")}
    if current is not None and all(getattr(current, key) == wanted[key] for key in wanted):
        return current.id
    require(actor, Permission.SENDER_WRITE)
    if current is None:
        current = Endpoint(name=name, **wanted)
    else:
        put(current, wanted)
    await save(session, current)
    return current.id
