"""Queries on the rings of a site, and on what they are derived from."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.directory.models import Site, Society
from app.directory.repository.rows import save
from app.dispatch.domain.policy import Ring
from app.dispatch.domain.rings import SetRing
from app.dispatch.models import SiteRing


async def list_set(session: AsyncSession, site_id: int, *, on: date) -> Sequence[SiteRing]:
    """List what somebody set for a site and holds on a date: societies, then radiologists."""
    query = (
        select(SiteRing)
        .where(SiteRing.site_id == site_id, SiteRing.valid.contains(on))
        .order_by(SiteRing.society_id.nulls_last(), SiteRing.radiologist_id)
    )
    return (await session.scalars(query)).all()


async def list_societies(session: AsyncSession, site: Site, *, on: date) -> list[tuple[int, bool]]:
    """List the societies that are members on a date, with whether each is of the territory."""
    query = (
        select(Society.id, is_of_territory(Society.id, territory=site.territory))
        .where(Society.joined_on <= on, (Society.left_on.is_(None)) | (Society.left_on > on))
        .order_by(Society.id)
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


def is_of_territory(
    society_id: ColumnElement[int] | InstrumentedAttribute[int],
    *,
    territory: ColumnElement[str] | str,
) -> ColumnElement[bool]:
    """Tell whether a society is the referent of a site in a territory; no name is no territory."""
    near = aliased(Site)
    return (
        select(near.id)
        .where(near.society_id == society_id, near.territory == territory, near.territory != "")
        .exists()
    )


async def put(
    session: AsyncSession,
    site_id: int,
    rings: Iterable[SetRing],
    *,
    since: date,
    user_id: int,
    now: datetime,
) -> None:
    """Write the rings of a site from a date on; what stood ends there, what would come is gone.

    Raises
    ------
    InvalidField
        If there is no such society or radiologist.
    """
    own = SiteRing.site_id == site_id
    await session.execute(delete(SiteRing).where(own, func.lower(SiteRing.valid) >= since))
    await session.execute(
        update(SiteRing)
        .where(own, SiteRing.valid.contains(since))
        .values(valid=func.daterange(func.lower(SiteRing.valid), since))
    )
    rows = [
        SiteRing(
            site_id=site_id,
            society_id=each.society_id,
            radiologist_id=each.radiologist_id,
            ring=each.ring.value,
            valid=Range(since, None),
            set_at=now,
            set_by=user_id,
        )
        for each in rings
    ]
    await save(session, *rows)


def read(row: SiteRing) -> SetRing:
    """Read a row as the domain has it."""
    return SetRing(
        ring=Ring(row.ring), society_id=row.society_id, radiologist_id=row.radiologist_id
    )
