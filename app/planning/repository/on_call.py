"""The query behind the on-call board."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Centre, Radiologist, RadiologistSociety, Site, Society
from app.kit.interval import Interval
from app.planning.domain.on_call import OnCallReader, OnCallSeat
from app.planning.domain.seats import AssignmentReason, GuardLine, SeatKind
from app.planning.models import Assignment, Guard, OnSiteCall, Seat
from app.planning.repository.people import to_interval

_COLUMNS = (
    Assignment.seat_id,
    Seat.guard_id,
    Guard.planning_id,
    Guard.segment_code,
    Guard.line,
    Guard.site_id,
    Site.name.label("site"),
    Seat.kind,
    Seat.period,
    Assignment.society_id,
    Society.name.label("society"),
    Assignment.reason,
    Radiologist.id.label("radiologist_id"),
    Radiologist.given_name,
    Radiologist.family_name,
    Radiologist.telephone,
    RadiologistSociety.society_id.label("own_society_id"),
    Centre.id.label("centre_id"),
    Centre.name.label("centre"),
    Centre.telephone.label("centre_telephone"),
    OnSiteCall.called_at,
)


async def list_on_call(session: AsyncSession, *, at: datetime, day: date) -> list[OnCallSeat]:
    """List the seats that contain an instant, with who holds them by what is in force.

    Parameters
    ----------
    day
        The date of the instant where the group is: memberships are dated by days.
    """
    rows = await session.execute(_on_call(day).where(Assignment.period.contains(at)))
    return [_read(row) for row in rows]


async def list_on_call_between(
    session: AsyncSession, *, interval: Interval, day: date
) -> list[OnCallSeat]:
    """List the seats that share an instant with an interval, in the order of their beginning.

    Parameters
    ----------
    day
        The date on which the memberships are looked at.
    """
    within = Assignment.period.overlaps(Range(interval.start, interval.end))
    rows = await session.execute(_on_call(day).where(within).order_by(None).order_by(Seat.period))
    return [_read(row) for row in rows]


def _on_call(day: date) -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Society, Society.id == Assignment.society_id)
        .outerjoin(Site, Site.id == Guard.site_id)
        .outerjoin(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .outerjoin(
            RadiologistSociety,
            and_(
                RadiologistSociety.radiologist_id == Radiologist.id,
                RadiologistSociety.valid.contains(day),
            ),
        )
        .outerjoin(Centre, Centre.id == Radiologist.centre_id)
        .outerjoin(
            OnSiteCall,
            and_(
                OnSiteCall.seat_id == Assignment.seat_id,
                OnSiteCall.radiologist_id == Assignment.radiologist_id,
                OnSiteCall.ended_at.is_(None),
            ),
        )
        .where(Assignment.in_force, Guard.cancelled_at.is_(None), Seat.closed_at.is_(None))
        .order_by(Guard.line.desc(), Seat.kind.desc(), Seat.id)
    )


def _read(row: Any) -> OnCallSeat:  # noqa: ANN401 - a row of the query above
    return OnCallSeat(
        seat_id=row.seat_id,
        guard_id=row.guard_id,
        planning_id=row.planning_id,
        segment=row.segment_code,
        line=GuardLine(row.line),
        kind=SeatKind(row.kind),
        interval=to_interval(row.period),
        society_id=row.society_id,
        society=row.society,
        reason=AssignmentReason(row.reason),
        reader=_read_reader(row),
        site_id=row.site_id,
        site=row.site,
        called_at=row.called_at,
    )


def _read_reader(row: Any) -> OnCallReader | None:  # noqa: ANN401 - as above
    if row.radiologist_id is None:
        return None
    return OnCallReader(
        radiologist_id=row.radiologist_id,
        name=f"Dr {row.given_name} {row.family_name}",
        telephone=row.telephone,
        society_id=row.own_society_id,
        centre_id=row.centre_id,
        centre=row.centre,
        centre_telephone=row.centre_telephone,
    )
