"""Queries that change guards and seats themselves: add, close, other hours, cancel."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.seats import GuardLine, Seat, SeatKind
from app.planning.models import Assignment, Guard, PlanningRevision
from app.planning.models import Seat as SeatRow
from app.planning.repository.people import to_interval, to_range
from app.planning.repository.plannings import read_seat, select_seats


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A seat with what a placement does not say of it.

    Parameters
    ----------
    is_added
        A reinforcement or a relief.
    opened
        To outside readers.
    points
        Of its guard throughout, in thousandths.
    """

    seat: Seat
    guard_id: int
    planning_id: int
    is_added: bool
    opened: bool
    is_closed: bool
    points: int


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """A guard as those who change it see it."""

    id: int
    planning_id: int
    segment: str
    line: GuardLine
    interval: Interval
    is_cancelled: bool


def _select_facts() -> Any:  # noqa: ANN401 - a select of many columns
    return select_seats().add_columns(
        SeatRow.guard_id,
        Guard.planning_id,
        Guard.points,
        SeatRow.added_at.is_not(None).label("is_added"),
        SeatRow.closed_at.is_not(None).label("is_closed"),
    )


def _read_facts(row: Any) -> SeatFacts:  # noqa: ANN401 - a row of `_select_facts`
    return SeatFacts(
        seat=read_seat(row),
        guard_id=row.guard_id,
        planning_id=row.planning_id,
        is_added=row.is_added,
        opened=row.opened,
        is_closed=row.is_closed,
        points=row.points,
    )


async def list_facts(
    session: AsyncSession,
    *,
    seat_ids: Collection[int] | None = None,
    planning_id: int | None = None,
    guard_id: int | None = None,
) -> list[SeatFacts]:
    """List seats, closed ones too, by start, then id: some, of a planning, of a guard."""
    query = _select_facts().order_by(func.lower(SeatRow.period), SeatRow.id)
    if seat_ids is not None:
        query = query.where(SeatRow.id.in_(seat_ids))
    if planning_id is not None:
        query = query.where(Guard.planning_id == planning_id)
    if guard_id is not None:
        query = query.where(SeatRow.guard_id == guard_id)
    rows: Sequence[Any] = (await session.execute(query)).all()
    return [_read_facts(row) for row in rows]


async def find_facts(session: AsyncSession, seat_id: int) -> SeatFacts:
    """Find a seat.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    """
    found = await list_facts(session, seat_ids=[seat_id])
    if not found:
        raise NoSuchPlanning(f"there is no seat {seat_id}")
    return found[0]


async def find_guard(session: AsyncSession, guard_id: int) -> GuardFacts:
    """Find a guard as it stands now.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    """
    row = await session.get(Guard, guard_id, populate_existing=True)
    if row is None:
        raise NoSuchPlanning(f"there is no guard {guard_id}")
    return GuardFacts(
        id=row.id,
        planning_id=row.planning_id,
        segment=row.segment_code,
        line=GuardLine(row.line),
        interval=to_interval(row.period),
        is_cancelled=row.cancelled_at is not None,
    )


async def add_seat(
    session: AsyncSession,
    *,
    guard_id: int,
    kind: SeatKind,
    interval: Interval,
    skills: Collection[str],
    added_by: int | None,
    now: datetime,
) -> int:
    """Add a seat behind the others of its kind; the guard's row is held by the caller."""
    last = (
        select(func.coalesce(func.max(SeatRow.ordinal), 0) + 1)
        .where(SeatRow.guard_id == guard_id, SeatRow.kind == kind.value)
        .scalar_subquery()
    )
    statement = (
        insert(SeatRow)
        .values(
            guard_id=guard_id,
            kind=kind.value,
            ordinal=last,
            period=to_range(interval),
            skills=sorted(skills),
            added_at=now,
            added_by=added_by,
        )
        .returning(SeatRow.id)
    )
    return (await session.execute(statement)).scalar_one()


async def close_seats(
    session: AsyncSession, seat_ids: Collection[int], *, now: datetime
) -> list[int]:
    """Take seats out of their guard, with whoever is in force on them; return those that were in.

    What was published of them stays in the history.
    """
    statement = (
        update(SeatRow)
        .where(SeatRow.id.in_(seat_ids), SeatRow.closed_at.is_(None))
        .values(closed_at=now)
        .returning(SeatRow.id)
        .execution_options(synchronize_session=False)
    )
    closed = list((await session.scalars(statement)).all())
    await session.execute(
        update(Assignment)
        .where(Assignment.seat_id.in_(closed), Assignment.in_force)
        .values(in_force=False)
        .execution_options(synchronize_session=False)
    )
    return closed


async def set_hours(session: AsyncSession, seat_id: int, *, interval: Interval) -> None:
    """Give a seat other hours, in drafts too; what is in force follows by a revision."""
    period = to_range(interval)
    await session.execute(
        update(SeatRow)
        .where(SeatRow.id == seat_id)
        .values(period=period)
        .execution_options(synchronize_session=False)
    )
    drafts = select(PlanningRevision.id).where(PlanningRevision.number.is_(None))
    await session.execute(
        update(Assignment)
        .where(Assignment.seat_id == seat_id, Assignment.revision_id.in_(drafts))
        .values(period=period)
        .execution_options(synchronize_session=False)
    )


async def set_opened(session: AsyncSession, seat_id: int, *, opened: bool) -> None:
    """Open a seat to outside readers, or close it again; drafts say nothing of it any more."""
    await session.execute(
        update(SeatRow)
        .where(SeatRow.id == seat_id)
        .values(opened=opened)
        .execution_options(synchronize_session=False)
    )
    drafts = select(PlanningRevision.id).where(PlanningRevision.number.is_(None))
    await session.execute(
        delete(Assignment)
        .where(Assignment.seat_id == seat_id, Assignment.revision_id.in_(drafts))
        .execution_options(synchronize_session=False)
    )


async def cancel_guard(
    session: AsyncSession, guard_id: int, *, reason: str, by: int | None, now: datetime
) -> bool:
    """Mark a guard as cancelled, unless it is."""
    statement = (
        update(Guard)
        .where(Guard.id == guard_id, Guard.cancelled_at.is_(None))
        .values(cancelled_at=now, cancelled_by=by, cancelled_reason=reason)
        .returning(Guard.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None
