"""Queries on what rosters know of readers beside their memberships, by radiologist."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Row, ScalarSelect, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import TIMESTAMP, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.db.arrays import keys_named
from app.directory.models import Radiologist, RadiologistSite
from app.kit.interval import Interval
from app.planning.domain.roster.people import Wish, WishKind, Work
from app.planning.models import (
    Absence,
    Assignment,
    Authorisation,
    BusySession,
    Incompatibility,
    LastAct,
    Planning,
    PointBalance,
    RadiologistWish,
    WorkingTime,
)
from app.planning.repository.ranges import to_interval, to_range

LOOKED_BACK = timedelta(weeks=17)
"""The longest stretch that a statute looks back, unless one is written with a longer one."""

_LONGEST_REST = timedelta(days=7)
"""Nobody has a session before they have rested: those behind the period count as far as this."""

_POINTS = "points"


async def map_absences(
    session: AsyncSession, ids: Collection[int], *, period: Interval
) -> dict[int, list[Interval]]:
    """Map radiologists to the absences that touch a period, by start."""
    query = select(Absence.radiologist_id, Absence.period).where(
        Absence.radiologist_id.in_(ids), Absence.period.overlaps(to_range(period))
    )
    return _group((await session.execute(query)).all())


async def map_busy(
    session: AsyncSession, ids: Collection[int], *, period: Interval
) -> dict[int, list[Interval]]:
    """Map radiologists to their sessions elsewhere that touch a period or soon follow, by start."""
    followed = Range(period.start, period.end + _LONGEST_REST)
    query = select(BusySession.radiologist_id, BusySession.period).where(
        BusySession.radiologist_id.in_(ids), BusySession.period.overlaps(followed)
    )
    return _group((await session.execute(query)).all())


def _group(rows: Iterable[Row[int, Range[datetime]]]) -> dict[int, list[Interval]]:
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    for radiologist, period in rows:
        found[radiologist].append(to_interval(period))
    return {radiologist: sorted(own) for radiologist, own in found.items()}


async def map_wishes(
    session: AsyncSession, ids: Collection[int], *, period: Interval
) -> dict[int, list[Wish]]:
    """Map radiologists to their wishes that touch a period, by id."""
    query = (
        select(RadiologistWish)
        .where(
            RadiologistWish.radiologist_id.in_(ids),
            RadiologistWish.period.overlaps(to_range(period)),
        )
        .order_by(RadiologistWish.id)
    )
    found: defaultdict[int, list[Wish]] = defaultdict(list)
    for row in (await session.scalars(query)).all():
        wish = Wish(WishKind(row.kind), to_interval(row.period), row.weight)
        found[row.radiologist_id].append(wish)
    return dict(found)


async def map_sites(
    session: AsyncSession, ids: Collection[int], *, dates: Range[date]
) -> dict[int, frozenset[int]]:
    """Map radiologists to the sites that they may read for on each of these dates."""
    query = select(RadiologistSite.radiologist_id, RadiologistSite.site_id).where(
        RadiologistSite.radiologist_id.in_(ids), RadiologistSite.valid.contains(dates)
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for radiologist, site in (await session.execute(query)).all():
        found[radiologist].add(site)
    return {radiologist: frozenset(sites) for radiologist, sites in found.items()}


async def map_working_times(
    session: AsyncSession, ids: Collection[int], *, on: date
) -> dict[int, int]:
    """Map radiologists to the part of a full time that they work on a date, in thousandths."""
    query = select(WorkingTime.radiologist_id, WorkingTime.fte).where(
        WorkingTime.radiologist_id.in_(ids), WorkingTime.valid.contains(on)
    )
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def map_authorisations(
    session: AsyncSession, ids: Collection[int]
) -> dict[int, list[Range[date]]]:
    """Map outside readers and hospital radiologists to the dates of their authorisations."""
    query = (
        select(Authorisation.radiologist_id, Authorisation.valid)
        .where(Authorisation.radiologist_id.in_(ids))
        .order_by(Authorisation.id)
    )
    found: defaultdict[int, list[Range[date]]] = defaultdict(list)
    for radiologist, valid in (await session.execute(query)).all():
        found[radiologist].append(valid)
    return dict(found)


async def map_incompatible(
    session: AsyncSession, ids: Collection[int]
) -> dict[int, frozenset[int]]:
    """Map radiologists to those with whom they are never on guard."""
    query = select(Incompatibility.one_id, Incompatibility.other_id).where(
        or_(Incompatibility.one_id.in_(ids), Incompatibility.other_id.in_(ids))
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in (await session.execute(query)).all():
        found[one].add(other)
        found[other].add(one)
    return {radiologist: frozenset(others) for radiologist, others in found.items()}


async def map_balances(
    session: AsyncSession, ids: Collection[int], *, before: datetime
) -> dict[int, int]:
    """Map radiologists to points done too many, as the last planning before an instant left them.

    In thousandths; a planning counts from its end on.
    """
    rows = await session.execute(_BALANCES, {"radiologist_ids": list(ids), "before": before})
    return {row[0]: row[1] for row in rows.all()}


def find_balance(
    radiologist_id: InstrumentedAttribute[int], before: ColumnElement[datetime]
) -> ScalarSelect[int]:
    """Find what `map_balances` maps, as part of a query; null: no planning was over."""
    end = func.upper(Planning.period)
    return (
        select(PointBalance.done - PointBalance.owed)
        .join(Planning, Planning.id == PointBalance.planning_id)
        .where(
            PointBalance.radiologist_id == radiologist_id,
            PointBalance.counter == _POINTS,
            before >= end,
        )
        .order_by(end.desc())
        .limit(1)
        .scalar_subquery()
    )


_BALANCE = find_balance(Radiologist.id, bindparam("before", type_=TIMESTAMP(timezone=True)))
_BALANCES = select(Radiologist.id, _BALANCE).where(
    Radiologist.id == any_(keys_named("radiologist_ids")), _BALANCE.is_not(None)
)


async def map_past(
    session: AsyncSession, ids: Collection[int], *, period: Interval
) -> dict[int, list[Work]]:
    """Map radiologists to what they worked before a period, and to known last acts within it.

    Seats in force that were over when the period begins, up to `LOOKED_BACK` before; and seats of
    the period whose last act is known, which count once although they stand among its seats.
    """
    act = aliased(LastAct)
    before = Range(period.start - LOOKED_BACK, period.start)
    query = (
        select(Assignment.radiologist_id, Assignment.period, act.acted_at)
        .outerjoin(
            act,
            (act.seat_id == Assignment.seat_id) & (act.radiologist_id == Assignment.radiologist_id),
        )
        .where(
            Assignment.in_force,
            Assignment.radiologist_id.in_(ids),
            Assignment.period.overlaps(Range(before.lower, period.end)),
            or_(func.upper(Assignment.period) <= period.start, act.id.is_not(None)),
        )
        .order_by(func.lower(Assignment.period), Assignment.seat_id)
    )
    found: defaultdict[int, list[Work]] = defaultdict(list)
    for radiologist, worked, acted_at in (await session.execute(query)).all():
        if radiologist is not None:
            found[radiologist].append(Work(to_interval(worked), last_act=acted_at))
    return dict(found)
