"""Use cases of arrivals: counted from our own cases, or imported from a file, whole or not."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.calibration.imported import read_arrivals
from app.planning.domain.files.faults import LineFault
from app.planning.models import VolumeImport
from app.planning.repository import arrivals, volumes_monthly

LOCK = "arrivals"
"""Held by who writes arrivals."""

LONGEST = timedelta(days=3 * 366)
_MOST_NAMED = 5


class ArrivalsRefused(Invalid):
    """A file of arrivals has faults; nothing of it was taken."""

    def __init__(self, faults: tuple[LineFault, ...]) -> None:
        named = "; ".join(str(each) for each in faults[:_MOST_NAMED])
        more = len(faults) - _MOST_NAMED
        super().__init__(named + (f"; and {more} more" if more > 0 else ""))
        self.faults = faults


def check_dates(since: date, until: date, *, today: date) -> None:
    """Refuse dates of which arrivals cannot be counted.

    Raises
    ------
    Invalid
        If they are in no order, more than three years, or not over.
    """
    if not since < until <= since + LONGEST:
        raise Invalid("arrivals are counted from a date up to a later one, three years at most")
    if until > today:
        raise Invalid(f"the days until {until} are not over: choose {today} at most")


async def keep_arrivals(
    session: AsyncSession,
    counts: arrivals.SocietyCounts,
    *,
    since: date,
    until: date,
    actor: Actor,
) -> int:
    """Keep what was measured on these dates instead of what was before; tell how many exams.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    """
    require(actor, Permission.VOLUME_WRITE)
    await wait_for_lock(session, LOCK)
    await arrivals.replace_measured(session, counts, since=since, until=until)
    return sum(counts.values())


async def import_arrivals(
    session: AsyncSession,
    content: bytes,
    *,
    filename: str,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
) -> VolumeImport:
    """Import a file of arrivals: each date of a society replaces what was imported of it before.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of a society that the file names.
    ArrivalsRefused
        If the file has a fault; nothing was written.
    """
    societies = await volumes_monthly.list_all_societies(session)
    names = {each.name: each.id for each in societies}
    names |= {each.short_name: each.id for each in societies}
    found = read_arrivals(content, societies=names, zone=zone, today=now.astimezone(zone).date())
    if found.faults:
        raise ArrivalsRefused(found.faults)
    for society_id in {society for society, _, _ in found.counts}:
        require(actor, Permission.VOLUME_WRITE, society_id=society_id)
    await wait_for_lock(session, LOCK)
    row = await volumes_monthly.add_import(
        session,
        kind="arrivals",
        filename=filename,
        digest=sha256(content).digest(),
        row_count=found.lines,
        user_id=actor.user_id,
        now=now,
    )
    await arrivals.replace_imported(session, found.counts, import_id=row.id)
    return row
