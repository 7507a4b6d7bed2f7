"""Queries on sessions elsewhere, that keep people from seats."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Radiologist, RadiologistSociety
from app.kit.interval import Interval
from app.planning.domain.busy.session import BusyLine
from app.planning.models import BusySession
from app.planning.repository.ranges import to_range


@dataclass(frozen=True, slots=True)
class Reach:
    """Which sessions of a source an import stands for: those that it replaces.

    Parameters
    ----------
    radiologists
        Of these only; `None`: of all in the scope.
    scope
        Members of these societies, on `on`; `None`: whoever it is.
    window
        Those that begin inside; `None`: whenever.
    """

    source: str
    on: date
    radiologists: frozenset[int] | None = None
    scope: Scope | None = None
    window: Interval | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a source tells of a radiologist from an instant on.

    Parameters
    ----------
    following
        When the next session begins; one that goes on counts, as begun.
    """

    radiologist: int
    source: str
    sessions: int
    following: datetime
    imported_at: datetime


async def list_told(
    session: AsyncSession, radiologist_ids: Collection[int], *, since: datetime
) -> list[Told]:
    """List what each source tells of radiologists of sessions not over by then, by source."""
    own = BusySession
    query = (
        select(
            own.radiologist_id,
            own.source,
            func.count(),
            func.min(func.lower(own.period)),
            func.max(own.imported_at),
        )
        .where(own.radiologist_id.in_(radiologist_ids), func.upper(own.period) > since)
        .group_by(own.radiologist_id, own.source)
        .order_by(own.radiologist_id, own.source)
    )
    return [Told(*row) for row in (await session.execute(query)).all()]


async def map_rpps(session: AsyncSession) -> dict[str, int]:
    """Map RPPS numbers to radiologists who are not disabled."""
    query = select(Radiologist.rpps, Radiologist.id).where(Radiologist.disabled_at.is_(None))
    return {row.rpps: row.id for row in (await session.execute(query)).all()}


async def list_busy_sessions(
    session: AsyncSession,
    *,
    limit: int,
    scope: Scope,
    own: int | None,
    after: int | None = None,
    period: Interval | None = None,
    source: str | None = None,
    radiologist_id: int | None = None,
) -> list[BusySession]:
    """List sessions by id: those of a radiologist's own, and of the members of a scope."""
    query = select(BusySession).where(BusySession.id > (after or 0))
    if not scope.everything:
        mine = BusySession.radiologist_id == own
        query = query.where(or_(mine, BusySession.radiologist_id.in_(_select_members(scope))))
    if period is not None:
        query = query.where(BusySession.period.overlaps(to_range(period)))
    if source is not None:
        query = query.where(BusySession.source == source)
    if radiologist_id is not None:
        query = query.where(BusySession.radiologist_id == radiologist_id)
    return list((await session.scalars(query.order_by(BusySession.id).limit(limit))).all())


async def find_busy_session(session: AsyncSession, busy_session_id: int) -> BusySession | None:
    """Find a session, locked until the end of the transaction."""
    query = select(BusySession).where(BusySession.id == busy_session_id).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def delete_busy_session(session: AsyncSession, busy_session_id: int) -> None:
    """Delete a session."""
    await session.execute(delete(BusySession).where(BusySession.id == busy_session_id))


async def count_reached(session: AsyncSession, reach: Reach, lines: Sequence[BusyLine]) -> int:
    """Count the sessions that an import would replace."""
    query = select(func.count()).select_from(BusySession).where(_is_reached(reach, lines))
    return (await session.execute(query)).scalar_one()


async def delete_reached(session: AsyncSession, reach: Reach, lines: Sequence[BusyLine]) -> int:
    """Delete the sessions that an import stands for, and return how many there were."""
    statement = (
        delete(BusySession)
        .where(_is_reached(reach, lines))
        .returning(BusySession.id)
        .execution_options(synchronize_session=False)
    )
    return len((await session.scalars(statement)).all())


async def add_lines(
    session: AsyncSession, lines: Sequence[BusyLine], *, source: str, now: datetime
) -> None:
    """Add the sessions of a file."""
    rows = [
        {
            "radiologist_id": each.radiologist,
            "period": to_range(each.interval),
            "source": source,
            "uid": each.uid,
            "imported_at": now,
        }
        for each in lines
    ]
    if rows:
        await session.execute(insert(BusySession), rows)


def _is_reached(reach: Reach, lines: Sequence[BusyLine]) -> ColumnElement[bool]:
    reached: ColumnElement[bool] = BusySession.source == reach.source
    if reach.radiologists is not None:
        reached &= BusySession.radiologist_id.in_(reach.radiologists)
    if reach.scope is not None and not reach.scope.everything:
        reached &= BusySession.radiologist_id.in_(_select_members(reach.scope, on=reach.on))
    return reached & _is_in_window(reach, {each.uid for each in lines})


def _is_in_window(reach: Reach, uids: Collection[str]) -> ColumnElement[bool]:
    if reach.window is None:
        return true()
    begin = func.lower(BusySession.period)
    # A session of the file that stood outside the window has been moved into it.
    inside = (begin >= reach.window.start) & (begin < reach.window.end)
    return or_(inside, BusySession.uid.in_(uids))


def _select_members(scope: Scope, *, on: date | None = None) -> Select[int]:
    query = select(RadiologistSociety.radiologist_id).where(
        RadiologistSociety.society_id.in_(scope.society_ids)
    )
    return query if on is None else query.where(RadiologistSociety.valid.contains(on))
