"""Use cases of the members of the group."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, InvalidField, Permission, require
from app.directory.models import Society
from app.directory.repository.rows import find_row, put, save
from app.kit.errors import NotFound


class SocietyUnknown(NotFound):
    """There is no such society."""


async def load_society(session: AsyncSession, *, society_id: int) -> Society:
    """Load a society.

    Raises
    ------
    SocietyUnknown
        If there is none.
    """
    society = await find_row(session, Society, society_id)
    if society is None:
        raise SocietyUnknown(f"there is no society {society_id}")
    return society


async def create_society(
    session: AsyncSession, *, actor: Actor, values: Mapping[str, Any]
) -> Society:
    """Let a society join the group."""
    require(actor, Permission.SOCIETY_WRITE)
    society = Society(**values)
    _check_dates(society)
    await save(session, society)
    return society


async def change_society(
    session: AsyncSession, *, actor: Actor, society_id: int, values: Mapping[str, Any]
) -> Society:
    """Replace what is known of a society; `left_on` is how it leaves.

    Raises
    ------
    InvalidField
        If it would leave before it joined.
    """
    require(actor, Permission.SOCIETY_WRITE)
    society = await load_society(session, society_id=society_id)
    put(society, values)
    _check_dates(society)
    await save(session)
    return society


def _check_dates(society: Society) -> None:
    if society.left_on is not None and society.left_on <= society.joined_on:
        raise InvalidField("left_on", "a society leaves after it has joined")
