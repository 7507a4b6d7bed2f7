"""Use cases: look at a file of volumes, then import it whole or not at all."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Conflict, Invalid
from app.planning.domain.files.faults import Fault, describe
from app.planning.domain.volumes.table import Reading, read_table
from app.planning.models import VolumeImport
from app.planning.repository import volumes_monthly as monthly
from app.planning.service.volumes_measured import LOCK

_MOST_NAMED = 5


class TableRefused(Invalid):
    """A file of volumes has faults; nothing of it was taken."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        named = "; ".join(describe(each) for each in faults[:_MOST_NAMED])
        more = len(faults) - _MOST_NAMED
        super().__init__(named + (f"; and {more} more" if more > 0 else ""))
        self.faults = faults


class NotThePreview(Conflict):
    """The file is not the one that was looked at."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as it was read, with the SHA-256 by which it can be imported afterwards."""

    reading: Reading
    digest: str


async def preview_table(
    session: AsyncSession, content: bytes, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Preview:
    """Read a file and say what would be imported; nothing is written.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of a society that the file names, or of the group
        when it names the common pot.
    """
    societies = await monthly.list_all_societies(session)
    names = {each.name: each.id for each in societies}
    names |= {each.short_name: each.id for each in societies}
    reading = read_table(content, societies=names, today=now.astimezone(zone).date())
    for society_id in {line.count.society for line in reading.lines}:
        require(actor, Permission.VOLUME_WRITE, society_id=society_id)
    return Preview(reading, sha256(content).hexdigest())


async def import_table(
    session: AsyncSession,
    content: bytes,
    *,
    filename: str,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
    digest: str | None = None,
) -> VolumeImport:
    """Import a file: each of its months replaces what was imported of that month before.

    Parameters
    ----------
    digest
        Of the preview that somebody agreed to, if there was one.

    Raises
    ------
    PermissionDenied
        As `preview_table`.
    TableRefused, NotThePreview
        If the file has a fault, or is not the one of the preview; nothing was written.
    """
    preview = await preview_table(session, content, actor=actor, now=now, zone=zone)
    _refuse_flawed(preview, digest=digest)
    await wait_for_lock(session, LOCK)
    counts = [line.count for line in preview.reading.lines]
    row = await monthly.add_import(
        session,
        kind="volumes",
        filename=filename,
        digest=bytes.fromhex(preview.digest),
        row_count=len(counts),
        user_id=actor.user_id,
        now=now,
    )
    await monthly.replace_imported(session, counts, import_id=row.id, now=now)
    return row


def _refuse_flawed(preview: Preview, *, digest: str | None) -> None:
    if digest is not None and digest != preview.digest:
        raise NotThePreview("this file is not the one that was shown: look at it again")
    if preview.reading.faults:
        raise TableRefused(preview.reading.faults)
