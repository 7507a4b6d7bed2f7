"""Queries on arrivals: exams by society and hour on the wall, measured or imported."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, func, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import RadiologistSociety, Society
from app.planning.models import ArrivalCount

_MEASURED, _IMPORTED = "measured", "imported"
_BATCH = 5_000

SocietyCounts = Mapping[tuple[int, date, int], int]
"""Exams by society, date and hour on the wall."""


async def replace_measured(
    session: AsyncSession, counts: SocietyCounts, *, since: date, until: date
) -> None:
    """Write what was measured on these dates instead of what was measured on them before."""
    await session.execute(
        delete(ArrivalCount).where(
            ArrivalCount.source == _MEASURED, ArrivalCount.day >= since, ArrivalCount.day < until
        )
    )
    await _add(session, counts, source=_MEASURED, import_id=None)


async def replace_imported(session: AsyncSession, counts: SocietyCounts, *, import_id: int) -> None:
    """Write imported arrivals; each date of a society replaces what was imported of it before."""
    days = sorted({(society, day) for society, day, _ in counts})
    for start in range(0, len(days), _BATCH):
        own = tuple_(ArrivalCount.society_id, ArrivalCount.day).in_(days[start : start + _BATCH])
        await session.execute(delete(ArrivalCount).where(own, ArrivalCount.source == _IMPORTED))
    await _add(session, counts, source=_IMPORTED, import_id=import_id)


async def _add(
    session: AsyncSession, counts: SocietyCounts, *, source: str, import_id: int | None
) -> None:
    rows = [
        {
            "society_id": society,
            "day": day,
            "hour": hour,
            "exams": exams,
            "source": source,
            "import_id": import_id,
        }
        for (society, day, hour), exams in sorted(counts.items())
    ]
    for start in range(0, len(rows), _BATCH):
        await session.execute(insert(ArrivalCount), rows[start : start + _BATCH])


async def find_span(session: AsyncSession) -> tuple[date, date] | None:
    """Find the first and the last date of which an arrival is known."""
    first = await session.scalar(select(func.min(ArrivalCount.day)))
    last = await session.scalar(select(func.max(ArrivalCount.day)))
    return None if first is None or last is None else (first, last)


async def list_counts(
    session: AsyncSession, *, since: date, until: date
) -> dict[int, dict[tuple[date, int], int]]:
    """List exams by society, date and hour; a date that was imported goes before the measured."""
    query = select(
        ArrivalCount.society_id,
        ArrivalCount.day,
        ArrivalCount.hour,
        ArrivalCount.exams,
        ArrivalCount.source,
    ).where(ArrivalCount.day >= since, ArrivalCount.day < until)
    rows = (await session.execute(query)).all()
    imported = {(row.society_id, row.day) for row in rows if row.source == _IMPORTED}
    counts: defaultdict[int, dict[tuple[date, int], int]] = defaultdict(dict)
    for row in rows:
        if row.source == _IMPORTED or (row.society_id, row.day) not in imported:
            counts[row.society_id][row.day, row.hour] = row.exams
    return dict(counts)


async def list_members(session: AsyncSession, *, on: date) -> list[tuple[int, str, int]]:
    """List id, name and number of radiologists of the societies that are members on a date."""
    people = (
        select(func.count())
        .where(
            RadiologistSociety.society_id == Society.id,
            RadiologistSociety.valid.contains(on),
        )
        .scalar_subquery()
    )
    query = (
        select(Society.id, Society.name, people)
        .where(Society.joined_on <= on, or_(Society.left_on.is_(None), Society.left_on > on))
        .order_by(Society.id)
    )
    return [(each[0], each[1], each[2]) for each in (await session.execute(query)).all()]
