"""Use cases of the on-call sheet: see when one is due, lay it out, keep what was rendered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.kit.errors import NotFound
from app.kit.interval import Interval
from app.planning.domain.on_call_sheet import (
    SPAN,
    Sheet,
    SheetLanguage,
    SheetNumber,
    find_last_hour,
    lay_out,
)
from app.planning.events import SheetMade
from app.planning.models import OnCallSheet
from app.planning.repository import on_call_sheets as repository
from app.planning.repository.on_call import list_on_call_between

_LATE_COMMIT = timedelta(hours=1)
"""A revision may become visible this long after the instant at which it was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFile:
    """A rendered sheet in the data folder; `path` is relative to it."""

    path: str
    digest: bytes
    size_bytes: int


async def find_due(
    session: AsyncSession, *, zone: str, language: SheetLanguage, now: datetime
) -> Sheet | None:
    """Lay out a sheet, if one is due: once a day, and when who is on guard soon has changed.

    Returns
    -------
    Sheet or None
        Nothing when none is due, or when nothing is published for the next days.
    """
    latest = await repository.find_latest(session)
    if latest is not None and not await _is_overtaken(session, latest, zone=zone, now=now):
        return None
    return await lay_sheet(session, zone=zone, language=language, now=now)


async def _is_overtaken(
    session: AsyncSession, latest: OnCallSheet, *, zone: str, now: datetime
) -> bool:
    hour = await read_value(session, SettingKey.ON_CALL_SHEET_HOUR)
    if latest.made_at < find_last_hour(now, hour=hour, zone=ZoneInfo(zone)):
        return True
    if await repository.count_published(session) == latest.published_count:
        return False
    since = latest.made_at - _LATE_COMMIT
    return await repository.has_published_for(
        session, interval=Interval(now, now + SPAN), since=since
    )


async def lay_sheet(
    session: AsyncSession, *, zone: str, language: SheetLanguage, now: datetime
) -> Sheet | None:
    """Lay out who is on guard from now on; nothing when nothing is published for then."""
    interval = Interval(now, now + SPAN)
    # Counted first: what is published meanwhile calls for another sheet.
    published_count = await repository.count_published(session)
    day = now.astimezone(ZoneInfo(zone)).date()
    seats = await list_on_call_between(session, interval=interval, day=day)
    if not seats:
        return None
    return Sheet(
        made_at=now,
        interval=interval,
        zone=zone,
        language=language,
        guards=lay_out(seats),
        centres=tuple(
            SheetNumber(each.name, each.telephone)
            for each in await repository.list_centres(session)
        ),
        published_count=published_count,
    )


async def keep_sheet(session: AsyncSession, sheet: Sheet, *, file: SheetFile) -> SheetMade | None:
    """Keep a rendered sheet; who calls holds the lock of sheets.

    Returns
    -------
    SheetMade or None
        Nothing when another made a younger one meanwhile: the file is not needed.
    """
    latest = await repository.find_latest(session)
    if latest is not None and latest.made_at >= sheet.made_at:
        return None
    row = OnCallSheet(
        made_at=sheet.made_at,
        period=Range(sheet.interval.start, sheet.interval.end),
        published_count=sheet.published_count,
        path=file.path,
        digest=file.digest,
        size_bytes=file.size_bytes,
    )
    await repository.add_sheet(session, row)
    return SheetMade(row.id)


async def get_sheet(session: AsyncSession, sheet_id: int | None = None) -> OnCallSheet:
    """Read a sheet; without its id the latest.

    Raises
    ------
    NotFound
        If there is none.
    """
    if sheet_id is not None:
        return await repository.get_sheet(session, sheet_id)
    latest = await repository.find_latest(session)
    if latest is None:
        raise NotFound("no on-call sheet was made yet: nothing is published for the next days")
    return latest


async def list_sheets(session: AsyncSession, *, limit: int) -> Sequence[OnCallSheet]:
    """List sheets, newest first."""
    return await repository.list_sheets(session, limit=limit)


async def list_addresses(session: AsyncSession) -> list[str]:
    """List where a sheet goes by mail: to every site, and to every reader."""
    return await repository.list_addresses(session)
