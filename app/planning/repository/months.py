"""Queries of the page of a month."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist
from app.kit.interval import Interval
from app.planning.models import Entitlement, Planning, PlanningRevision
from app.planning.repository.people import to_range


async def find_planning_in(session: AsyncSession, period: Interval) -> Planning | None:
    """Find the first planning that shares an instant with a period."""
    query = (
        select(Planning)
        .where(Planning.period.overlaps(to_range(period)))
        .order_by(Planning.period)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def name_briefly(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Name radiologists as briefly as a cell needs: family name, and the given name's initial."""
    query = select(Radiologist.id, Radiologist.family_name, Radiologist.given_name).where(
        Radiologist.id.in_(ids)
    )
    return {
        row.id: f"{row.family_name} {row.given_name[:1]}."
        for row in (await session.execute(query)).all()
    }


async def list_latest_rights(
    session: AsyncSession, *, planning_id: int, revision_id: int | None
) -> Sequence[Entitlement]:
    """List the rights of a revision, or of the last published one that was made from rights.

    A small revision (an edit, a swap) has none of its own: those before it still hold.
    """
    last = (
        select(Entitlement.revision_id)
        .join(PlanningRevision, PlanningRevision.id == Entitlement.revision_id)
        .where(
            PlanningRevision.planning_id == planning_id,
            or_(PlanningRevision.number.is_not(None), PlanningRevision.id == revision_id),
        )
        .order_by(
            (PlanningRevision.id == func.coalesce(revision_id, 0)).desc(),
            PlanningRevision.number.desc().nulls_last(),
        )
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Entitlement)
        .where(Entitlement.revision_id == last)
        .order_by(Entitlement.society_id, Entitlement.segment_code, Entitlement.line)
    )
    return (await session.scalars(query)).all()
