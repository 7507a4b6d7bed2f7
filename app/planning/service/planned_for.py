"""Whose facts somebody writes: those of the members of their society, or of everybody."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import NotFound
from app.planning.repository import absences


class RadiologistUnknown(NotFound):
    """There is no such radiologist."""


async def require_writer_of(
    session: AsyncSession, radiologist_ids: Collection[int], *, actor: Actor, today: date
) -> None:
    """Refuse who does not write what rosters know of these, by the society of each today.

    Of somebody who belongs to no society today the whole group does.

    Raises
    ------
    RadiologistUnknown
        If one of them does not exist.
    PermissionDenied
        If the actor does not write the facts of one of them.
    """
    for each in sorted(radiologist_ids):
        if not await absences.exists_radiologist(session, each):
            raise RadiologistUnknown(f"there is no radiologist {each}")
    societies = await absences.map_societies(session, radiologist_ids, on=today)
    for society_id in {societies.get(each) for each in radiologist_ids}:
        require(actor, Permission.PEOPLE_WRITE, society_id=society_id)


async def require_writer_of_both(
    session: AsyncSession, one: int, other: int, *, actor: Actor, today: date
) -> None:
    """Refuse who does not write the facts of both: of one society, or else of the whole group.

    Raises as `require_writer_of`.
    """
    await require_writer_of(session, {one, other}, actor=actor, today=today)
    found = await absences.map_societies(session, {one, other}, on=today)
    if found.get(one) != found.get(other):
        require(actor, Permission.PEOPLE_WRITE)
