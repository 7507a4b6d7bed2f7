"""Queries on which sites there are, whose they are, and who may read for them."""

from datetime import date, datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import RadiologistSite, Site
from app.planning.domain.calendar import midnight_of
from app.planning.domain.coverage import Right
from app.planning.models import Guard, Seat


async def list_sites(session: AsyncSession) -> list[int]:
    """List the sites that are not disabled, by id."""
    query = select(Site.id).where(Site.disabled_at.is_(None)).order_by(Site.id)
    return list((await session.scalars(query)).all())


async def list_owed_on_site(session: AsyncSession, *, planning_id: int) -> dict[int, int]:
    """Map the on-site seats of a planning that were not closed to the referent of their site."""
    query = (
        select(Seat.id, Site.society_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Site, Site.id == Guard.site_id)
        .where(Guard.planning_id == planning_id, Seat.closed_at.is_(None))
    )
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def list_rights(session: AsyncSession, *, zone: tzinfo) -> list[Right]:
    """List who may read for which site, from when to when, in the order in which it was said.

    Parameters
    ----------
    zone
        Where days begin.
    """
    query = select(
        RadiologistSite.radiologist_id, RadiologistSite.site_id, RadiologistSite.valid
    ).order_by(RadiologistSite.id)
    return [
        Right(
            row.radiologist_id,
            row.site_id,
            _begin(row.valid.lower, zone),
            _begin(row.valid.upper, zone),
        )
        for row in (await session.execute(query)).all()
    ]


def _begin(day: date | None, zone: tzinfo) -> datetime | None:
    return None if day is None else midnight_of(day, zone=zone)
