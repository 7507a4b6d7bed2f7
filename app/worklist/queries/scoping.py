"""What a scope means in SQL."""

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.actor import Scope
from app.directory.models import Site


def inside(scope: Scope) -> ColumnElement[bool]:
    """Restrict a query that joins `site` to what is inside the scope."""
    if scope.everything:
        return true()
    return or_(Site.id.in_(scope.site_ids), Site.society_id.in_(scope.society_ids))


async def find_site_ids(session: AsyncSession, *, scope: Scope) -> frozenset[int] | None:
    """Find the sites inside a scope, or nothing when every site is, also those to come."""
    if scope.everything:
        return None
    return frozenset(await session.scalars(select(Site.id).where(inside(scope))))
