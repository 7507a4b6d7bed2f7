"""A line on site: the ultrasound of a hospital, beside the guards of the group."""

from collections.abc import Iterable
from datetime import date, time

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.directory.models import RadiologistSite
from app.planning.domain.calendars import CalendarKind
from app.planning.domain.segments import EVERY_DAY, SeatsNeeded, SegmentRule
from app.planning.service.segments import NewCalendar, change_segments, put_calendar
from tests.factories.directory import add_site
from tests.factories.planning import PARIS

SINCE = date(2025, 1, 6)
ULTRASOUND = SegmentRule(
    segment="ultrasound",
    days=EVERY_DAY,
    start=time(18, 30),
    end=time(8),
    zone=PARIS,
    valid_from=SINCE,
    needed=SeatsNeeded(readers=1),
    points=700,
)


async def add_line(
    session: AsyncSession,
    *,
    society_id: int,
    readers: Iterable[int],
    code: str = "ultrasound",
    rule: SegmentRule = ULTRASOUND,
) -> int:
    """Add a site of a society with a line on site, where these may read; return the site."""
    site = await add_site(session, society_id=society_id)
    always: Range[date] = Range(date(2020, 1, 1), None)
    session.add_all(
        RadiologistSite(radiologist_id=each, site_id=site.id, valid=always) for each in readers
    )
    await session.flush()
    new = NewCalendar(code, "Ultrasound", CalendarKind.ON_SITE, site_id=site.id)
    await put_calendar(session, new, actor=SYSTEM)
    await change_segments(session, [rule], valid_from=SINCE, actor=SYSTEM, calendar=code)
    return site.id
