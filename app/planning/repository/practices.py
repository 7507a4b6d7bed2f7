"""Queries on how radiologists work: members of a society, statutes and sub-specialties in use."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist, RadiologistSociety
from app.planning.models import Guard, Segment, StatuteProfile


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to a society on a date, and until when."""

    radiologist: Radiologist
    until: date | None


async def list_members(
    session: AsyncSession, society_id: int, *, on: date, limit: int
) -> list[Member]:
    """List who belongs to a society on a date, those who are disabled too, by name."""
    query = (
        select(Radiologist, func.upper(RadiologistSociety.valid))
        .join(RadiologistSociety, RadiologistSociety.radiologist_id == Radiologist.id)
        .where(RadiologistSociety.society_id == society_id, RadiologistSociety.valid.contains(on))
        .order_by(Radiologist.family_name, Radiologist.given_name, Radiologist.id)
        .limit(limit)
    )
    return [Member(row[0], row[1]) for row in (await session.execute(query)).all()]


async def list_statutes(session: AsyncSession) -> list[str]:
    """List the statutes that somebody has or that have rules of their own, by name."""
    query = union(select(Radiologist.statute), select(StatuteProfile.statute))
    return sorted((await session.scalars(query)).all())


async def list_sub_specialties(session: AsyncSession) -> list[str]:
    """List the sub-specialties that somebody has or that guards ask for, by name."""
    query = union(
        select(func.unnest(Radiologist.sub_specialties)),
        select(func.unnest(Segment.skills)),
        select(func.unnest(Guard.skills)),
    )
    return sorted((await session.scalars(query)).all())
