"""Queries on what societies cede or exchange: rows are added and withdrawn, never changed."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import User
from app.planning.models import Cession, Entitlement, Planning, PlanningRevision


async def list_cessions(
    session: AsyncSession,
    *,
    scope: Scope,
    limit: int,
    after: int | None = None,
    society_id: int | None = None,
    on: date | None = None,
) -> Sequence[Cession]:
    """List cessions in scope by id, withdrawn ones too: those that a society gives or takes.

    Parameters
    ----------
    on
        Only those in force for a period that begins on this date.
    """
    query = select(Cession).where(Cession.id > (after or 0)).order_by(Cession.id).limit(limit)
    if not scope.everything:
        own = scope.society_ids
        query = query.where(or_(Cession.giver_id.in_(own), Cession.taker_id.in_(own)))
    if society_id is not None:
        query = query.where(or_(Cession.giver_id == society_id, Cession.taker_id == society_id))
    if on is not None:
        query = query.where(Cession.valid.contains(on), Cession.withdrawn_at.is_(None))
    return (await session.scalars(query)).all()


async def find_cession(session: AsyncSession, cession_id: int) -> Cession | None:
    """Find a cession as it stands now."""
    return await session.get(Cession, cession_id, populate_existing=True)


async def mark_withdrawn(session: AsyncSession, cession_id: int, *, now: datetime) -> bool:
    """Note that a cession was withdrawn, unless it was."""
    statement = (
        update(Cession)
        .where(Cession.id == cession_id, Cession.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(Cession.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def find_shared_planning(
    session: AsyncSession, *, since: datetime, until: datetime | None
) -> Planning | None:
    """Find the last planning with a published sharing that begins from an instant, before another.

    Parameters
    ----------
    until
        Excluded; absent: open.
    """
    shared = (
        select(PlanningRevision.planning_id)
        .join(Entitlement, Entitlement.revision_id == PlanningRevision.id)
        .where(PlanningRevision.number.is_not(None))
    )
    start = func.lower(Planning.period)
    query = select(Planning).where(Planning.id.in_(shared), start >= since)
    if until is not None:
        query = query.where(start < until)
    return (await session.scalars(query.order_by(start.desc()).limit(1))).one_or_none()


async def name_agreers(session: AsyncSession) -> dict[int, str]:
    """Name the users who agreed on any cession."""
    agreed = select(Cession.agreed_by).where(Cession.agreed_by.is_not(None))
    query = select(User.id, User.display_name).where(User.id.in_(agreed))
    return {row.id: row.display_name for row in (await session.execute(query)).all()}
