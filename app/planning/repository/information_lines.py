"""Queries on what sites announce on the on-call board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Site
from app.kit.interval import Interval
from app.planning.models import InformationLine
from app.planning.repository.people import to_interval, to_range


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a site says, from when to when."""

    id: int
    site_id: int
    site: str
    label: str
    text: str
    telephone: str
    interval: Interval


async def list_announcements(
    session: AsyncSession, *, interval: Interval
) -> Sequence[Announcement]:
    """List what sites say of a stretch of time, by site, then begin."""
    query = (
        select(InformationLine, Site.name)
        .join(Site, Site.id == InformationLine.site_id)
        .where(InformationLine.period.overlaps(Range(interval.start, interval.end)))
        .order_by(Site.name, InformationLine.period, InformationLine.id)
    )
    return [
        Announcement(
            id=line.id,
            site_id=line.site_id,
            site=site,
            label=line.label,
            text=line.text,
            telephone=line.telephone,
            interval=to_interval(line.period),
        )
        for line, site in (await session.execute(query)).all()
    ]


async def find_line(session: AsyncSession, line_id: int) -> InformationLine | None:
    """Find a line."""
    return await session.get(InformationLine, line_id)


async def find_referent(session: AsyncSession, site_id: int) -> int | None:
    """Find the referent society of a site; nothing where there is no such site."""
    return await session.scalar(select(Site.society_id).where(Site.id == site_id))


async def add_line(
    session: AsyncSession,
    *,
    site_id: int,
    label: str,
    text: str,
    telephone: str,
    interval: Interval,
    created_by: int | None,
    now: datetime,
) -> InformationLine:
    """Add a line."""
    line = InformationLine(
        site_id=site_id,
        label=label,
        text=text,
        telephone=telephone,
        period=to_range(interval),
        created_at=now,
        created_by=created_by,
    )
    session.add(line)
    await session.flush()
    return line


async def delete_line(session: AsyncSession, line_id: int) -> None:
    """Delete a line."""
    await session.execute(delete(InformationLine).where(InformationLine.id == line_id))
