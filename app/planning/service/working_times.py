"""Use cases of working times: which part of a full time a radiologist works, dated."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.planning.domain.dated import Dates, DatesOverlap
from app.planning.models import WorkingTime
from app.planning.repository import working_times
from app.planning.service.planned_for import require_writer_of


async def add_working_time(
    session: AsyncSession,
    *,
    radiologist_id: int,
    dates: Dates,
    fte: int,
    actor: Actor,
    today: date,
) -> WorkingTime:
    """Write which part of a full time a radiologist works; rosters made later owe by it.

    Parameters
    ----------
    fte
        In thousandths, 1 to 1000.

    Raises
    ------
    RadiologistUnknown, PermissionDenied
        As `require_writer_of`.
    DatesOverlap
        If another working time holds on one of the dates.
    """
    await require_writer_of(session, {radiologist_id}, actor=actor, today=today)
    row = await working_times.add_working_time(
        session, radiologist_id=radiologist_id, dates=dates, fte=fte
    )
    if row is None:
        raise DatesOverlap(
            f"another working time of radiologist {radiologist_id} holds on some of the dates from "
            f"{dates.since} to {dates.until or 'no end'}: end that one first"
        )
    return row
