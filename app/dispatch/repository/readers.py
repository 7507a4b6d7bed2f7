"""Who could read a case, with what a decision needs to know of each."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.directory.models import Centre, Radiologist, RadiologistSite, RadiologistSociety, Site
from app.dispatch.domain.policy import Line, Reader, Ring
from app.dispatch.models import Claim, Nomination
from app.kit.interval import Interval
from app.planning.models import Assignment, Guard, Seat

_HOUR = timedelta(hours=1)


async def list_readers(session: AsyncSession, *, case: Case, now: datetime) -> list[Reader]:
    """List everybody who holds a seat at an instant, with what a decision about a case needs."""
    rows = (await session.execute(_select_readers(case, now))).all()
    return [
        Reader(
            radiologist_id=row.radiologist_id,
            line=Line.COORDINATOR if row.kind == "coordinator" else Line(row.line),
            guard=Interval(row.period.lower, row.period.upper),
            ring=Ring(row.ring),
            may_read_site=row.may_read_site,
            claims=row.claims,
            nominations=row.nominations,
            claims_last_hour=row.claims_last_hour,
            hourly_cap=row.hourly_cap,
            has_declined=row.has_declined,
        )
        for row in rows
    ]


def _select_readers(of_case: Case, now: datetime) -> Select[*tuple[Any, ...]]:
    site = (
        select(Site.society_id, Site.territory, _find_day(now).label("day"))
        .where(Site.id == of_case.site_id)
        .subquery()
    )
    return (
        select(
            Assignment.radiologist_id,
            Seat.kind,
            Guard.line,
            Seat.period,
            _find_ring(site).label("ring"),
            _may_read(of_case.site_id, now).label("may_read_site"),
            *_count_load(of_case, now),
            Radiologist.hourly_cap,
            _has_declined(of_case).label("has_declined"),
        )
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .join(site, site.c.society_id.is_not(None))
        .outerjoin(
            RadiologistSociety,
            and_(
                RadiologistSociety.radiologist_id == Radiologist.id,
                RadiologistSociety.valid.contains(site.c.day),
            ),
        )
        .where(
            Assignment.in_force,
            Assignment.period.contains(now),
            Radiologist.disabled_at.is_(None),
        )
        .order_by(Assignment.radiologist_id, Seat.id)
    )


def _find_day(now: datetime) -> ColumnElement[date]:
    # The day by the site's own clock; a bare datetime would be bound without its zone.
    return cast(func.timezone(Site.zone, literal(now, TIMESTAMP(timezone=True))), Date)


def _find_ring(site: Subquery) -> ColumnElement[str]:
    # Their own society: somebody on loan holds the seat of another one.
    own = RadiologistSociety.society_id
    same_territory = (
        select(Site.id)
        .where(
            Site.society_id == own,
            Site.territory == site.c.territory,
            Site.territory != "",
        )
        .exists()
    )
    return case(
        (own == site.c.society_id, Ring.REFERENT.value),
        (same_territory, Ring.TERRITORY.value),
        else_=Ring.GCS.value,
    )


def _may_read(site_id: int, now: datetime) -> ColumnElement[bool]:
    return (
        select(RadiologistSite.id)
        .join(Site, Site.id == RadiologistSite.site_id)
        .where(
            RadiologistSite.radiologist_id == Radiologist.id,
            RadiologistSite.site_id == site_id,
            RadiologistSite.valid.contains(_find_day(now)),
        )
        .exists()
    )


def _count_load(of_case: Case, now: datetime) -> tuple[ColumnElement[int], ...]:
    claims = select(func.count()).where(Claim.radiologist_id == Radiologist.id)
    nominations = select(func.count()).where(
        Nomination.radiologist_id == Radiologist.id,
        Nomination.ended_at.is_(None),
        Nomination.case_id != of_case.id,
    )
    last_hour = claims.where(Claim.claimed_at > now - _HOUR)
    return (
        claims.where(Claim.ended_at.is_(None)).scalar_subquery().label("claims"),
        nominations.scalar_subquery().label("nominations"),
        last_hour.scalar_subquery().label("claims_last_hour"),
    )


def _has_declined(of_case: Case) -> ColumnElement[bool]:
    return (
        select(Claim.id)
        .where(
            Claim.radiologist_id == Radiologist.id,
            Claim.case_id == of_case.id,
            Claim.end_reason == "released",
        )
        .exists()
    )


async def may_read_site(
    session: AsyncSession, *, radiologist_id: int, site_id: int, now: datetime
) -> bool:
    """Tell whether this radiologist may read for this site, by the day where the site is."""
    query = select(Radiologist.id).where(
        Radiologist.id == radiologist_id,
        Radiologist.disabled_at.is_(None),
        _may_read(site_id, now),
    )
    return await session.scalar(query) is not None


async def find_endpoints(
    session: AsyncSession, radiologist_ids: Iterable[int]
) -> dict[int, int | None]:
    """Find the node of the centre where each radiologist reads; none when the centre has none."""
    rows = await session.execute(
        select(Radiologist.id, Centre.endpoint_id)
        .outerjoin(Centre, Centre.id == Radiologist.centre_id)
        .where(Radiologist.id.in_(list(radiologist_ids)))
    )
    return {row.id: row.endpoint_id for row in rows}
