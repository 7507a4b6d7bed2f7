"""Queries of agendas: what was ever published of seats, and the addresses they are read at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.directory.models import Radiologist, Society
from app.kit.interval import Interval
from app.planning.domain.agenda import Holding, Subject
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.models import Assignment, CalendarFeed, Guard, PlanningRevision, Seat
from app.planning.repository.people import to_interval


async def list_holdings(
    session: AsyncSession, *, window: Interval, subject: Subject
) -> list[Holding]:
    """List all that was published of the seats in a window that ever concerned a subject."""
    query = (
        select(
            Assignment.seat_id,
            Assignment.period,
            Assignment.society_id,
            Assignment.radiologist_id,
            Guard.segment_code,
            Guard.line,
            Seat.kind,
            Society.name.label("society"),
            Radiologist.given_name,
            Radiologist.family_name,
            PlanningRevision.published_at,
            func.least(Guard.cancelled_at, Seat.closed_at).label("ended_at"),
        )
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Society, Society.id == Assignment.society_id)
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .outerjoin(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .where(
            PlanningRevision.published_at.is_not(None),
            Assignment.period.overlaps(Range(window.start, window.end)),
            _concerns(subject),
        )
        .order_by(Assignment.seat_id, PlanningRevision.number)
    )
    return [_read(row) for row in (await session.execute(query)).all()]


def _concerns(subject: Subject) -> Any:  # noqa: ANN401 - an SQL condition
    other = aliased(Assignment)
    once = exists().where(other.seat_id == Assignment.seat_id)
    if subject.radiologist_id is not None:
        return once.where(other.radiologist_id == subject.radiologist_id)
    return (
        once if subject.society_id is None else once.where(other.society_id == subject.society_id)
    )


def _read(row: Any) -> Holding:  # noqa: ANN401 - a row of the query above
    return Holding(
        seat_id=row.seat_id,
        segment=row.segment_code,
        line=GuardLine(row.line),
        kind=SeatKind(row.kind),
        interval=to_interval(row.period),
        society_id=row.society_id,
        society=row.society,
        radiologist_id=row.radiologist_id,
        holder=None if row.given_name is None else f"Dr {row.given_name} {row.family_name}",
        since=row.published_at,
        ended_at=row.ended_at,
    )


async def add_feed(
    session: AsyncSession,
    *,
    digest: bytes,
    subject: Subject,
    created_by: int | None,
    now: datetime,
) -> CalendarFeed:
    """Add a feed."""
    feed = CalendarFeed(
        digest=digest,
        radiologist_id=subject.radiologist_id,
        society_id=subject.society_id,
        created_at=now,
        created_by=created_by,
    )
    session.add(feed)
    await session.flush()
    return feed


async def find_feed(session: AsyncSession, digest: bytes) -> CalendarFeed | None:
    """Find a feed that is still read; that of a radiologist who was disabled is not."""
    query = (
        select(CalendarFeed)
        .outerjoin(Radiologist, Radiologist.id == CalendarFeed.radiologist_id)
        .where(
            CalendarFeed.digest == digest,
            CalendarFeed.revoked_at.is_(None),
            Radiologist.disabled_at.is_(None),
        )
    )
    return (await session.scalars(query)).one_or_none()


async def list_feeds(
    session: AsyncSession, *, created_by: int | None, radiologist_id: int | None
) -> Sequence[CalendarFeed]:
    """List the feeds that somebody made, or that show their guards, and that are still read."""
    mine = CalendarFeed.created_by == created_by
    if radiologist_id is not None:
        mine = or_(mine, CalendarFeed.radiologist_id == radiologist_id)
    query = (
        select(CalendarFeed)
        .where(mine, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.id)
    )
    return (await session.scalars(query)).all()


async def get_feed(session: AsyncSession, feed_id: int) -> CalendarFeed | None:
    """Find a feed by its id."""
    return await session.get(CalendarFeed, feed_id)


async def revoke_feed(session: AsyncSession, feed_id: int, *, now: datetime) -> None:
    """Let a feed be read no more."""
    await session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.id == feed_id, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def note_read(
    session: AsyncSession, feed_id: int, *, now: datetime, before: datetime
) -> None:
    """Note that a feed was read, unless that was noted since `before`."""
    stale = or_(CalendarFeed.last_read_at.is_(None), CalendarFeed.last_read_at < before)
    await session.execute(
        update(CalendarFeed).where(and_(CalendarFeed.id == feed_id, stale)).values(last_read_at=now)
    )
