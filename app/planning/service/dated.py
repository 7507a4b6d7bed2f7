"""Use cases of what holds of a radiologist from a date until another one: ended, or deleted."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.kit.errors import NotFound
from app.planning.repository.dated import Dated, find_row
from app.planning.repository.dates import to_date_range, to_dates
from app.planning.service.planned_for import require_writer_of


class DatedUnknown(NotFound):
    """There is no such working time, or authorisation."""


async def end_dated(
    session: AsyncSession, model: type[Dated], row_id: int, *, on: date, actor: Actor, today: date
) -> Dated:
    """End it on a date, the first on which it holds no more.

    Seats that are published beyond it stay until they are edited; the judge names them.

    Raises
    ------
    DatedUnknown, PermissionDenied
        If there is none, or the actor does not write of its radiologist.
    NoDay, EndedAlready
        As `Dates.end`.
    """
    row = await _load(session, model, row_id, actor=actor, today=today)
    row.valid = to_date_range(to_dates(row.valid).end(on))
    await session.flush()
    return row


async def delete_dated(
    session: AsyncSession, model: type[Dated], row_id: int, *, actor: Actor, today: date
) -> None:
    """Delete what was written by mistake; raises as `end_dated`."""
    await session.delete(await _load(session, model, row_id, actor=actor, today=today))
    await session.flush()


async def _load(
    session: AsyncSession, model: type[Dated], row_id: int, *, actor: Actor, today: date
) -> Dated:
    row = await find_row(session, model, row_id)
    if row is None:
        noun = model.__tablename__.replace("_", " ")
        raise DatedUnknown(f"there is no {noun} {row_id}")
    await require_writer_of(session, {row.radiologist_id}, actor=actor, today=today)
    return row
