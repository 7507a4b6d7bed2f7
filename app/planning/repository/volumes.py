"""Queries on volumes, and on the rights that were computed from them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Society
from app.planning.models import Entitlement, Volume


@dataclass(frozen=True, slots=True)
class SocietyVolume:
    """What a society brought in a reference period."""

    society_id: int
    name: str
    exams: int


async def find_latest_reference(session: AsyncSession) -> Range[date] | None:
    """Find the reference period that ends last, and of those the longest."""
    rows = (await session.scalars(select(Volume.period).distinct())).all()
    return max(rows, key=_end_then_length, default=None)


def _end_then_length(period: Range[date]) -> tuple[date, int]:
    start, end = period.lower or date.min, period.upper or date.max
    return end, (end - start).days


async def list_society_volumes(
    session: AsyncSession, *, reference: Range[date], on: date
) -> list[SocietyVolume]:
    """List what the societies that are members on a date brought in a reference period, by id."""
    query = (
        select(Society.id, Society.name, Volume.exams)
        .join(Volume, Volume.society_id == Society.id)
        .where(
            Volume.period == reference,
            Society.joined_on <= on,
            or_(Society.left_on.is_(None), Society.left_on > on),
        )
        .order_by(Society.id)
    )
    return [SocietyVolume(*row) for row in (await session.execute(query)).all()]


async def list_volumes(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None = None
) -> list[Volume]:
    """List volumes by id."""
    query = select(Volume).where(Volume.id > (after or 0)).order_by(Volume.id).limit(limit)
    if not scope.everything:
        query = query.where(Volume.society_id.in_(scope.society_ids))
    return list((await session.scalars(query)).all())


async def put_volume(
    session: AsyncSession, *, society_id: int, reference: Range[date], exams: int, source: str
) -> Volume:
    """Write what a society brought in a reference period, instead of what was known."""
    statement = insert(Volume).values(
        society_id=society_id, period=reference, exams=exams, source=source
    )
    statement = statement.on_conflict_do_update(
        index_elements=["society_id", "period"], set_={"exams": exams, "source": source}
    )
    query = statement.returning(Volume).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def find_volume(session: AsyncSession, volume_id: int) -> Volume | None:
    """Find a volume."""
    return await session.get(Volume, volume_id)


async def delete_volume(session: AsyncSession, volume_id: int) -> None:
    """Delete a volume."""
    await session.execute(delete(Volume).where(Volume.id == volume_id))


async def exists_society(session: AsyncSession, society_id: int) -> bool:
    """Tell whether there is such a society."""
    return await session.get(Society, society_id) is not None


async def list_rights(
    session: AsyncSession, *, revision_id: int, scope: Scope
) -> list[Entitlement]:
    """List the rights that a revision was made from, by kind of seat, then society."""
    query = (
        select(Entitlement)
        .where(Entitlement.revision_id == revision_id)
        .order_by(
            Entitlement.segment_code, Entitlement.line, Entitlement.kind, Entitlement.society_id
        )
    )
    if not scope.everything:
        query = query.where(Entitlement.society_id.in_(scope.society_ids))
    return list((await session.scalars(query)).all())
