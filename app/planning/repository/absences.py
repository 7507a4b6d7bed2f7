"""Queries on absences, and on the seats in force that they touch."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist, RadiologistSociety
from app.kit.interval import Interval
from app.planning.models import Absence, Assignment
from app.planning.repository.people import to_range


async def list_absences(
    session: AsyncSession,
    *,
    limit: int,
    after: int | None = None,
    period: Interval | None = None,
    radiologist_id: int | None = None,
) -> list[Absence]:
    """List absences by id: those that touch a period, those of a radiologist."""
    query = select(Absence).where(Absence.id > (after or 0)).order_by(Absence.id).limit(limit)
    if period is not None:
        query = query.where(Absence.period.overlaps(to_range(period)))
    if radiologist_id is not None:
        query = query.where(Absence.radiologist_id == radiologist_id)
    return list((await session.scalars(query)).all())


async def find_absence(session: AsyncSession, absence_id: int) -> Absence | None:
    """Find an absence, locked until the end of the transaction."""
    query = select(Absence).where(Absence.id == absence_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def delete_absence(session: AsyncSession, absence_id: int) -> None:
    """Delete an absence."""
    await session.execute(delete(Absence).where(Absence.id == absence_id))


async def exists_radiologist(session: AsyncSession, radiologist_id: int) -> bool:
    """Tell whether there is such a radiologist."""
    return await session.get(Radiologist, radiologist_id) is not None


async def map_societies(
    session: AsyncSession, radiologist_ids: Collection[int], *, on: date
) -> dict[int, int]:
    """Map radiologists to the society that they belong to on a date."""
    query = select(RadiologistSociety.radiologist_id, RadiologistSociety.society_id).where(
        RadiologistSociety.radiologist_id.in_(radiologist_ids),
        RadiologistSociety.valid.contains(on),
    )
    return {row.radiologist_id: row.society_id for row in (await session.execute(query)).all()}


async def map_clashes(session: AsyncSession, absence_ids: Collection[int]) -> dict[int, list[int]]:
    """Map absences to the seats in force that their radiologists hold meanwhile, by seat."""
    query = (
        select(Absence.id, Assignment.seat_id)
        .join(Assignment, Assignment.radiologist_id == Absence.radiologist_id)
        .where(
            Absence.id.in_(absence_ids),
            Assignment.in_force,
            Assignment.period.overlaps(Absence.period),
        )
        .order_by(Assignment.seat_id)
    )
    clashes: defaultdict[int, list[int]] = defaultdict(list)
    for row in (await session.execute(query)).all():
        clashes[row.id].append(row.seat_id)
    return dict(clashes)
