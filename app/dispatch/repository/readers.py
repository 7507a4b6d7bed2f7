"""Who holds a seat, with what a decision about a case needs to know of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Subquery,
    and_,
    bindparam,
    cast,
    func,
    literal,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.cases.models import Case
from app.db.arrays import cases_named
from app.db.clock import NOW
from app.db.together import Query, Question
from app.directory.models import Centre, Radiologist, RadiologistSite, RadiologistSociety, Site
from app.dispatch.domain.policy import Line, Ring
from app.dispatch.domain.presence import ReaderSeen
from app.dispatch.domain.rings import derive_ring
from app.dispatch.models import Claim, Nomination, SiteRing
from app.dispatch.repository.presence import find_resting_until, find_seen_at, is_centre_down
from app.dispatch.repository.rings import is_of_territory
from app.kit.interval import Interval
from app.planning.domain.seats import GuardLine
from app.planning.models import Assignment, Guard, OnSiteCall, Seat
from app.planning.repository.reader_facts import find_balance

_HOUR = timedelta(hours=1)
_AWARE = TIMESTAMP(timezone=True)
# Built once: a decision has no time to write a statement of a hundred clauses anew.
_OF_SITE = bindparam("site_id", type_=BigInteger)
_LINES = {each.value: each for each in Line}


# Not frozen: a decision makes a hundred of them, and that would take most of the time.
@dataclass(slots=True, kw_only=True)
class Seated:
    """Somebody who holds a seat now."""

    radiologist_id: int
    line: Line
    seat: Interval
    society_id: int | None
    """Their own on that day: somebody on loan holds the seat of another one."""
    ring: Ring
    may_read_site: bool
    endpoint_id: int | None
    """The node where they read."""
    sub_specialties: tuple[str, ...]
    claims_last_hour: int
    hourly_cap: int
    points: int
    """Done too many up to now, in thousandths."""
    is_called_to_site: bool
    seen: ReaderSeen
    """Whether they are there."""


def ask_seated(*, site_id: int, now: datetime) -> Question[list[Seated]]:
    """Ask for everybody who holds a seat at an instant, by id, as they stand to a site.

    An on-site seat is none at which cases are read from afar: whoever reads as well holds another.
    """
    return _SEATED.of(site_id=site_id, now=now)


def _read_seated(rows: Sequence[tuple[Any, ...]]) -> list[Seated]:
    first = {row[0] for row in rows if row[2] == GuardLine.FIRST.value}
    # Many hold seats of the same period.
    seats = {ends: Interval(*ends) for ends in {row[3:5] for row in rows}}
    return [_read(row, seat=seats[row[3:5]], is_expected=row[0] in first) for row in rows]


def _read(row: tuple[Any, ...], *, seat: Interval, is_expected: bool) -> Seated:
    # All at once: a name that is looked up in a row takes as long as ten of these.
    radiologist_id, kind, line, _, _ = row[:5]
    society_id, referent_id, of_territory, named = row[5:9]
    may_read, endpoint_id, sub_specialties, last_hour, cap, points, is_called = row[9:16]
    centre_id, seen_at, claims, resting_until, centre_down = row[16:]
    return Seated(
        radiologist_id=radiologist_id,
        line=Line.COORDINATOR if kind == "coordinator" else _LINES[line],
        seat=seat,
        society_id=society_id,
        ring=derive_ring(
            is_member=society_id is not None,
            is_referent=society_id == referent_id,
            is_of_territory=of_territory,
            named=None if named is None else Ring(named),
        ),
        may_read_site=may_read,
        endpoint_id=endpoint_id,
        sub_specialties=tuple(sorted(sub_specialties)),
        claims_last_hour=last_hour,
        hourly_cap=cap,
        points=points or 0,
        is_called_to_site=is_called,
        seen=ReaderSeen(
            radiologist_id=radiologist_id,
            centre_id=centre_id,
            guard=seat,
            is_expected=is_expected,
            seen_at=seen_at,
            claims=claims,
            resting_until=resting_until,
            is_centre_down=centre_down,
        ),
    )


def _select_seated() -> Select[*tuple[Any, ...]]:
    site = (
        select(Site.society_id, Site.territory, _find_day(NOW).label("day"))
        .where(Site.id == _OF_SITE)
        .subquery()
    )
    return (
        select(
            Assignment.radiologist_id,
            Seat.kind,
            Guard.line,
            func.lower(Seat.period).label("seat_start"),
            func.upper(Seat.period).label("seat_end"),
            *_select_nearness(site),
            *_select_person(),
            *_select_presence(),
        )
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .join(site, site.c.society_id.is_not(None))
        .outerjoin(Centre, Centre.id == Radiologist.centre_id)
        .outerjoin(
            RadiologistSociety,
            and_(
                RadiologistSociety.radiologist_id == Radiologist.id,
                RadiologistSociety.valid.contains(site.c.day),
            ),
        )
        .where(
            Assignment.in_force,
            Assignment.period.contains(NOW),
            Guard.line != GuardLine.ON_SITE.value,
            Radiologist.disabled_at.is_(None),
        )
        .order_by(Assignment.radiologist_id, Seat.id)
    )


def _select_nearness(site: Subquery) -> tuple[ColumnElement[Any], ...]:
    # Their own society: somebody on loan holds the seat of another one.
    own = RadiologistSociety.society_id
    return (
        own.label("society_id"),
        site.c.society_id.label("referent_id"),
        is_of_territory(own, territory=site.c.territory).label("is_of_territory"),
        _find_named(site).label("named"),
    )


def _select_person() -> tuple[ColumnElement[Any], ...]:
    return (
        _may_read(_OF_SITE, NOW).label("may_read_site"),
        Centre.endpoint_id.label("endpoint_id"),
        Radiologist.sub_specialties.label("sub_specialties"),
        _count_claims(Claim.claimed_at > NOW - _HOUR).label("claims_last_hour"),
        Radiologist.hourly_cap.label("hourly_cap"),
        find_balance(Radiologist.id, NOW).label("points"),
        is_called_to_site(Radiologist.id, NOW).label("is_called_to_site"),
    )


def _select_presence() -> tuple[ColumnElement[Any], ...]:
    return (
        Radiologist.centre_id.label("centre_id"),
        find_seen_at(Radiologist.id).label("seen_at"),
        _count_claims(Claim.ended_at.is_(None)).label("claims"),
        find_resting_until(Radiologist.id, NOW).label("resting_until"),
        is_centre_down(Radiologist.id).label("is_centre_down"),
    )


def _find_day(now: ColumnElement[datetime]) -> ColumnElement[date]:
    # The day by the site's own clock.
    return cast(func.timezone(Site.zone, now), Date)


def _find_named(site: Subquery) -> ColumnElement[str | None]:
    """Find what somebody set for the radiologist, else for their society."""
    of_site = select(SiteRing.ring).where(
        SiteRing.site_id == _OF_SITE, SiteRing.valid.contains(site.c.day)
    )
    own = of_site.where(SiteRing.radiologist_id == Radiologist.id)
    of_society = of_site.where(SiteRing.society_id == RadiologistSociety.society_id)
    return func.coalesce(own.scalar_subquery(), of_society.scalar_subquery())


def _may_read(site_id: ColumnElement[int], now: ColumnElement[datetime]) -> ColumnElement[bool]:
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


def _count_claims(which: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(func.count()).where(Claim.radiologist_id == Radiologist.id, which).scalar_subquery()
    )


def is_called_to_site(
    radiologist_id: ColumnElement[int] | InstrumentedAttribute[int],
    now: ColumnElement[datetime] | datetime,
) -> ColumnElement[bool]:
    """Tell whether somebody is called to the site where they hold a seat; it ends with the seat."""
    seat = aliased(Assignment)
    return (
        select(OnSiteCall.id)
        .join(
            seat,
            and_(
                seat.seat_id == OnSiteCall.seat_id,
                seat.radiologist_id == OnSiteCall.radiologist_id,
            ),
        )
        .where(
            OnSiteCall.radiologist_id == radiologist_id,
            OnSiteCall.ended_at.is_(None),
            seat.in_force,
            seat.period.contains(now),
        )
        .exists()
    )


_SEATED = Query(_select_seated(), read=_read_seated)


async def may_read_site(
    session: AsyncSession, *, radiologist_id: int, site_id: int, now: datetime
) -> bool:
    """Tell whether this radiologist may read for this site, by the day where the site is."""
    query = select(Radiologist.id).where(
        Radiologist.id == radiologist_id,
        Radiologist.disabled_at.is_(None),
        # A bare datetime would be bound without its zone.
        _may_read(literal(site_id), literal(now, _AWARE)),
    )
    return await session.scalar(query) is not None


def gather_nodes(cases: FromClause) -> Subquery:
    """Gather the nodes of the centres of those who read cases, named `case_id`, or are asked to."""
    readers = union(
        select(Case.id.label("case_id"), Case.reader_id.label("radiologist_id"))
        .join(cases, cases.c.case_id == Case.id)
        .where(Case.reader_id.is_not(None)),
        select(Nomination.case_id, Nomination.radiologist_id)
        .join(cases, cases.c.case_id == Nomination.case_id)
        .where(Nomination.ended_at.is_(None)),
    ).subquery()
    return (
        select(readers.c.case_id, Centre.endpoint_id)
        .distinct()
        .join(Radiologist, Radiologist.id == readers.c.radiologist_id)
        .join(Centre, Centre.id == Radiologist.centre_id)
        .where(Centre.endpoint_id.is_not(None))
        .subquery()
    )


_NODES = select(gather_nodes(cases_named("case_ids")).c.endpoint_id)


async def list_nodes(session: AsyncSession, case_id: int) -> set[int]:
    """List the nodes of the centres of those who read a case, or are asked to."""
    return {each for each in await session.scalars(_NODES, {"case_ids": [case_id]}) if each}


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
