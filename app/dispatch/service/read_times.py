"""Use cases of read times: each night a new version is made of the timeline."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.dispatch.domain.read_times import WINDOW, make_table
from app.dispatch.domain.transfers import make_transfer_times
from app.dispatch.models import ReadTime, ReadTimeTable
from app.dispatch.repository import read_times as repository
from app.dispatch.repository import transfers
from app.planning.domain.calendar import instant_of

_LOCK = "read_times"
_HOUR = time(9)
"""By the platform's clock: when the guards of the night are over, and few are asked."""
_KEPT = timedelta(days=400)
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC)


def find_next(now: datetime, *, zone: ZoneInfo) -> datetime:
    """Say when the version after one made now is due: the next nine o'clock on the wall."""
    day = now.astimezone(zone).date()
    due = instant_of(datetime.combine(day, _HOUR), zone=zone)
    return due if due > now else instant_of(datetime.combine(day + _DAY, _HOUR), zone=zone)


async def find_next_due(session: AsyncSession) -> datetime:
    """Find when the next version is due; while there is none, it has been since ever."""
    latest = await repository.find_latest(session)
    return _EVER if latest is None else latest.next_due_at


async def make_if_due(session: AsyncSession, *, zone: ZoneInfo, now: datetime) -> int | None:
    """Make a version of what was signed and sent up to now, when one is due.

    Returns
    -------
    int
        Its id; nothing when none was due, or somebody else has just made it.
    """
    if await find_next_due(session) > now:
        return None
    await wait_for_lock(session, _LOCK)
    if await find_next_due(session) > now:
        return None
    since = now - WINDOW
    reads = await repository.list_reads(session, since=since, until=now)
    sent = await transfers.list_transfers(session, since=since, until=now)
    await transfers.forget_transfers(session, before=since)
    await repository.forget_tables(session, before=now - _KEPT)
    return await repository.add_table(
        session,
        make_table(reads),
        transfers=make_transfer_times(sent),
        since=since,
        next_due_at=find_next(now, zone=zone),
        now=now,
    )


async def find_version(
    session: AsyncSession,
) -> tuple[ReadTimeTable | None, Sequence[Row[ReadTime, str | None]]]:
    """Find the version in force with all its rows, each with the name of its reader."""
    table = await repository.find_latest(session)
    rows = () if table is None else await repository.list_named_rows(session, table.id)
    return table, rows
