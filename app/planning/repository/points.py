"""Queries on what radiologists did and owed, as plannings left it: running totals by planning."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.balances import Balance
from app.planning.domain.roster.problem import Counter
from app.planning.domain.special_days import counted_since
from app.planning.models import Planning, PlanningRevision, PointBalance

_OF_COUNTERS = frozenset(each.value for each in Counter)


async def map_carried(
    session: AsyncSession, ids: Collection[int], *, before: datetime
) -> dict[tuple[int, Counter], int]:
    """Map radiologists and counters to what they did too many of, as the last planning left it.

    Special days count over five years: what stood before is taken off.
    """
    end = func.upper(Planning.period)
    query = (
        select(
            PointBalance.radiologist_id,
            PointBalance.counter,
            PointBalance.done - PointBalance.owed,
            end,
        )
        .join(Planning, Planning.id == PointBalance.planning_id)
        .where(
            PointBalance.radiologist_id.in_(ids),
            PointBalance.counter.in_(_OF_COUNTERS),
            end <= before,
        )
        .order_by(end)
    )
    since = counted_since(before.date())
    latest: dict[tuple[int, Counter], int] = {}
    forgotten: dict[tuple[int, Counter], int] = {}
    for radiologist, counter, too_many, ended_at in (await session.execute(query)).all():
        key = (radiologist, Counter(counter))
        latest[key] = too_many
        if key[1] is Counter.SPECIAL and ended_at.date() <= since:
            forgotten[key] = too_many
    return {key: too_many - forgotten.get(key, 0) for key, too_many in latest.items()}


async def map_totals(
    session: AsyncSession, ids: Collection[int], *, before: datetime
) -> dict[tuple[int, str], Balance]:
    """Map radiologists and counters to the running totals of the last planning over by then."""
    end = func.upper(Planning.period)
    query = (
        select(
            PointBalance.radiologist_id,
            PointBalance.counter,
            PointBalance.done,
            PointBalance.owed,
        )
        .join(Planning, Planning.id == PointBalance.planning_id)
        .where(PointBalance.radiologist_id.in_(ids), end <= before)
        .order_by(end)
    )
    rows = (await session.execute(query)).all()
    return {(row[0], row[1]): Balance(row[2], row[3]) for row in rows}


async def list_counted(session: AsyncSession, planning_id: int) -> Sequence[Planning]:
    """List a planning and the published ones behind it, whose totals follow from it, by start."""
    start = func.lower(Planning.period)
    own = select(start).where(Planning.id == planning_id).scalar_subquery()
    published = select(PlanningRevision.planning_id).where(PlanningRevision.number.is_not(None))
    query = (
        select(Planning)
        .where(or_(Planning.id == planning_id, start > own), Planning.id.in_(published))
        .order_by(start)
    )
    return (await session.scalars(query)).all()


async def replace_totals(
    session: AsyncSession,
    planning_id: int,
    *,
    totals: Mapping[tuple[int, str], Balance],
    now: datetime,
) -> None:
    """Write the running totals at the end of a planning instead of what stood there."""
    await session.execute(delete(PointBalance).where(PointBalance.planning_id == planning_id))
    rows = [
        {
            "planning_id": planning_id,
            "radiologist_id": radiologist,
            "counter": counter,
            "done": total.done,
            "owed": total.owed,
            "written_at": now,
        }
        for (radiologist, counter), total in sorted(totals.items())
    ]
    if rows:
        await session.execute(insert(PointBalance), rows)
