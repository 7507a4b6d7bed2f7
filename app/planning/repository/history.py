"""Queries on what was published of a planning: when, by whom, which seats it changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Over, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.directory.models import User
from app.kit.interval import Interval
from app.planning.models import Assignment, Guard, PlanningRevision, Seat
from app.planning.repository.ranges import to_interval

_COUNTS = ("seats", "given", "moved", "emptied", "other_society")


@dataclass(frozen=True, slots=True)
class PastRevision:
    """A published revision, and what it did.

    Parameters
    ----------
    kind, name, reason
        How it came to be, what its draft was called, why it was published.
    published_by, published_by_name
        Who put it in force; absent: the platform.
    seats
        That it names.
    given, moved, emptied
        Of these, seats that somebody holds who nobody held before, that another one holds, and that
        nobody holds any more.
    other_society
        Seats that another society owes than before.
    """

    revision_id: int
    number: int
    kind: str
    name: str
    reason: str
    created_at: datetime
    created_by: int | None
    created_by_name: str | None
    published_at: datetime
    published_by: int | None
    published_by_name: str | None
    seats: int
    given: int
    moved: int
    emptied: int
    other_society: int


@dataclass(frozen=True, slots=True)
class SeatChange:
    """What a published revision says of a seat otherwise than the last one that spoke of it.

    Parameters
    ----------
    held_by, owed_by
        Radiologist and society before; the first word on a seat has none.
    radiologist_id, society_id
        Those since.
    """

    seat_id: int
    segment: str
    line: str
    kind: str
    interval: Interval
    held_by: int | None
    radiologist_id: int | None
    owed_by: int | None
    society_id: int
    reason: str


async def list_changes(
    session: AsyncSession, *, planning_id: int, number: int, limit: int, after: int | None = None
) -> list[SeatChange]:
    """List the seats to which a published revision gave another holder or society, by id."""
    said = _list_words(planning_id)
    query = (
        select(
            Seat.id,
            Guard.segment_code,
            Guard.line,
            Seat.kind,
            said.c.period,
            said.c.held_by,
            said.c.radiologist_id,
            said.c.owed_by,
            said.c.society_id,
            said.c.reason,
        )
        .join(Seat, Seat.id == said.c.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .where(
            said.c.number == number,
            said.c.radiologist_id.is_distinct_from(said.c.held_by)
            | said.c.society_id.is_distinct_from(said.c.owed_by),
            Seat.id > (after or 0),
        )
        .order_by(Seat.id)
        .limit(limit)
    )
    rows: Any = (await session.execute(query)).all()
    return [_read_change(row) for row in rows]


def _read_change(row: Any) -> SeatChange:  # noqa: ANN401 - a row of many columns
    return SeatChange(
        seat_id=row.id,
        segment=row.segment_code,
        line=row.line,
        kind=row.kind,
        interval=to_interval(row.period),
        held_by=row.held_by,
        radiologist_id=row.radiologist_id,
        owed_by=row.owed_by,
        society_id=row.society_id,
        reason=row.reason,
    )


async def list_history(
    session: AsyncSession, *, planning_id: int, limit: int, before: int | None = None
) -> list[PastRevision]:
    """List the published revisions of a planning, newest first: those below a number."""
    counts = _count_seats(planning_id)
    creator, publisher = aliased(User), aliased(User)
    query = (
        select(
            PlanningRevision.id,
            PlanningRevision.number,
            PlanningRevision.kind,
            PlanningRevision.name,
            PlanningRevision.reason,
            PlanningRevision.created_at,
            PlanningRevision.created_by,
            creator.display_name,
            PlanningRevision.published_at,
            PlanningRevision.published_by,
            publisher.display_name,
            *(func.coalesce(counts.c[name], 0) for name in _COUNTS),
        )
        .outerjoin(creator, creator.id == PlanningRevision.created_by)
        .outerjoin(publisher, publisher.id == PlanningRevision.published_by)
        .outerjoin(counts, counts.c.revision_id == PlanningRevision.id)
        .where(PlanningRevision.planning_id == planning_id, PlanningRevision.number.is_not(None))
        .order_by(PlanningRevision.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(PlanningRevision.number < before)
    rows: Any = (await session.execute(query)).all()
    return [PastRevision(*row) for row in rows]


def _count_seats(planning_id: int) -> Subquery:
    """Count what each revision says otherwise than the last one that spoke of the seat."""
    said = _list_words(planning_id)
    after, held = said.c.radiologist_id, said.c.held_by
    seats = func.count()
    return (
        select(
            said.c.revision_id,
            seats.label("seats"),
            seats.filter(after.is_not(None), held.is_(None)).label("given"),
            seats.filter(after != held).label("moved"),
            seats.filter(after.is_(None), held.is_not(None)).label("emptied"),
            seats.filter(said.c.society_id != said.c.owed_by).label("other_society"),
        )
        .group_by(said.c.revision_id)
        .subquery()
    )


def _before(column: Any) -> Over[Any]:  # noqa: ANN401 - a column of whatever type
    return func.lag(column).over(partition_by=Assignment.seat_id, order_by=PlanningRevision.number)


def _list_words(planning_id: int) -> Subquery:
    return (
        select(
            Assignment.seat_id,
            Assignment.revision_id,
            PlanningRevision.number,
            Assignment.radiologist_id,
            Assignment.society_id,
            Assignment.reason,
            Assignment.period,
            _before(Assignment.radiologist_id).label("held_by"),
            _before(Assignment.society_id).label("owed_by"),
        )
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .where(PlanningRevision.planning_id == planning_id, PlanningRevision.number.is_not(None))
        .subquery()
    )
