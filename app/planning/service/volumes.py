"""Use cases of volumes: what each society brought, imported or measured."""

from datetime import date

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import NotFound
from app.planning.models import Volume
from app.planning.repository import volumes


class VolumeUnknown(NotFound):
    """There is no such volume, or no such society."""


async def put_volume(
    session: AsyncSession,
    *,
    society_id: int,
    since: date,
    until: date,
    exams: int,
    source: str,
    actor: Actor,
) -> Volume:
    """Write what a society brought from `since` up to, but not including, `until`.

    What plannings were made from stays with them, as their entitlements.

    Raises
    ------
    PermissionDenied
        If the actor may not write volumes of that society.
    VolumeUnknown
        If there is no such society.
    """
    require(actor, Permission.VOLUME_WRITE, society_id=society_id)
    if not await volumes.exists_society(session, society_id):
        raise VolumeUnknown(f"there is no society {society_id}")
    return await volumes.put_volume(
        session, society_id=society_id, reference=Range(since, until), exams=exams, source=source
    )


async def delete_volume(session: AsyncSession, volume_id: int, *, actor: Actor) -> None:
    """Delete a volume that was written by mistake.

    Raises
    ------
    PermissionDenied
        If the actor may not write volumes of that society.
    VolumeUnknown
        If there is no such volume.
    """
    found = await volumes.find_volume(session, volume_id)
    if found is None:
        raise VolumeUnknown(f"there is no volume {volume_id}")
    require(actor, Permission.VOLUME_WRITE, society_id=found.society_id)
    await volumes.delete_volume(session, volume_id)
