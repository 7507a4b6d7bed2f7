"""Queries on those who hold seats: memberships, absences, names."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, tzinfo

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist, RadiologistSociety, Society
from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.seats import Membership, Reader
from app.planning.models import Absence

_ALWAYS = datetime.min.replace(tzinfo=UTC)


def to_range(interval: Interval) -> Range[datetime]:
    """Write an interval as PostgreSQL's range: start inside, end outside."""
    return Range(interval.start, interval.end)


def to_interval(period: Range[datetime]) -> Interval:
    """Read a bounded range as an interval.

    Raises
    ------
    ValueError
        If one of its ends is open; ours never are.
    """
    if period.lower is None or period.upper is None:
        msg = f"the range {period} has an open end"
        raise ValueError(msg)
    return Interval(period.lower, period.upper)


async def list_readers(
    session: AsyncSession,
    *,
    period: Interval,
    zone: tzinfo,
    ids: Collection[int] | None = None,
) -> list[Reader]:
    """List who may hold seats in a period, with the absences that touch it, by id.

    Nobody who is disabled may.

    Parameters
    ----------
    zone
        Where days of joining and leaving begin.
    ids
        Only these radiologists.
    """
    memberships: defaultdict[int, list[Membership]] = defaultdict(list)
    for row in (await session.execute(_select_memberships(ids))).all():
        start = _ALWAYS if row.valid.lower is None else _midnight(row.valid.lower, zone)
        end = None if row.valid.upper is None else _midnight(row.valid.upper, zone)
        memberships[row.radiologist_id].append(Membership(row.society_id, start, end))
    absences: defaultdict[int, list[Interval]] = defaultdict(list)
    query = select(Absence).where(Absence.period.overlaps(to_range(period)))
    for absence in (await session.scalars(query)).all():
        absences[absence.radiologist_id].append(to_interval(absence.period))
    return [
        Reader(id=number, memberships=tuple(own), absences=tuple(absences[number]))
        for number, own in sorted(memberships.items())
    ]


def _select_memberships(ids: Collection[int] | None) -> Select[int, int, Range[date]]:
    query = (
        select(
            RadiologistSociety.radiologist_id,
            RadiologistSociety.society_id,
            RadiologistSociety.valid,
        )
        .join(Radiologist, Radiologist.id == RadiologistSociety.radiologist_id)
        .where(Radiologist.disabled_at.is_(None))
        .order_by(RadiologistSociety.id)
    )
    return query if ids is None else query.where(Radiologist.id.in_(ids))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return instant_of(datetime.combine(day, time(0)), zone=zone)


async def name_societies(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Name societies."""
    query = select(Society.id, Society.name).where(Society.id.in_(ids))
    return {row.id: row.name for row in (await session.execute(query)).all()}


async def name_radiologists(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Name radiologists as colleagues speak of them."""
    query = select(Radiologist.id, Radiologist.given_name, Radiologist.family_name).where(
        Radiologist.id.in_(ids)
    )
    return {
        row.id: f"Dr {row.given_name} {row.family_name}"
        for row in (await session.execute(query)).all()
    }
