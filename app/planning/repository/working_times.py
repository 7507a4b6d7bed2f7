"""Queries on which part of a full time radiologists work."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.dated import Dates
from app.planning.models import WorkingTime
from app.planning.repository.dates import add_unless, to_date_range

_ONE = "ex_working_time_one_at_a_time"


async def add_working_time(
    session: AsyncSession, *, radiologist_id: int, dates: Dates, fte: int
) -> WorkingTime | None:
    """Add a working time; nothing where another one holds on one of the dates."""
    row = WorkingTime(radiologist_id=radiologist_id, valid=to_date_range(dates), fte=fte)
    return row if await add_unless(session, row, constraint=_ONE) else None
