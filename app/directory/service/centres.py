"""Use cases of reading centres."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.models import Centre
from app.directory.repository.rows import find_row, put, save
from app.directory.service.nodes import put_node
from app.kit.errors import NotFound


class CentreUnknown(NotFound):
    """There is no such centre."""


async def load_centre(session: AsyncSession, *, centre_id: int) -> Centre:
    """Load a centre.

    Raises
    ------
    CentreUnknown
        If there is none.
    """
    centre = await find_row(session, Centre, centre_id)
    if centre is None:
        raise CentreUnknown(f"there is no centre {centre_id}")
    return centre


async def put_centre(
    session: AsyncSession,
    *,
    actor: Actor,
    values: Mapping[str, Any],
    node: Mapping[str, Any] | None,
    centre_id: int | None = None,
) -> Centre:
    """Create a centre, or replace what is known of one."""
    require(actor, Permission.DIRECTORY_WRITE, society_id=values["society_id"])
    centre = Centre() if centre_id is None else await load_centre(session, centre_id=centre_id)
    if centre_id is not None:
        require(actor, Permission.DIRECTORY_WRITE, society_id=centre.society_id)
    endpoint_id = await put_node(
        session, actor=actor, endpoint_id=centre.endpoint_id, name=values["name"], values=node
    )
    put(centre, {**values, "endpoint_id": endpoint_id})
    await save(session, centre)
    return centre


async def switch_centre(
    session: AsyncSession, *, actor: Actor, centre_id: int, disabled_at: datetime | None
) -> Centre:
    """Disable a centre, since guards and deliveries refer to it; or enable it again."""
    centre = await load_centre(session, centre_id=centre_id)
    require(actor, Permission.DIRECTORY_WRITE, society_id=centre.society_id)
    centre.disabled_at = disabled_at
    await save(session)
    return centre
