"""What a scope means in SQL."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.directory.domain.actor import Scope
from app.directory.models import Site
from app.dispatch.models import Nomination


def inside(scope: Scope) -> ColumnElement[bool]:
    """Restrict a query that joins `site` to what is inside the scope."""
    if scope.everything:
        return true()
    return or_(Site.id.in_(scope.site_ids), Site.society_id.in_(scope.society_ids))


def is_asked(radiologist_id: int) -> ColumnElement[bool]:
    """Restrict a query on `case` to those that a radiologist is asked to read, or has taken.

    When nobody on guard may read for a site, dispatch asks whom it has: that one sees the case.
    """
    asked = select(Nomination.case_id).where(
        Nomination.radiologist_id == radiologist_id, Nomination.ended_at.is_(None)
    )
    return or_(Case.reader_id == radiologist_id, Case.id.in_(asked))


async def find_site_ids(
    session: AsyncSession, *, scopes: Collection[Scope]
) -> dict[Scope, frozenset[int] | None]:
    """Find the sites inside each scope, or nothing when every site is, also those to come."""
    if all(scope.everything for scope in scopes):
        return dict.fromkeys(scopes)
    sites = (await session.execute(select(Site.id, Site.society_id))).all()
    return {
        scope: None
        if scope.everything
        else frozenset(
            site_id
            for site_id, society_id in sites
            if scope.covers(society_id=society_id, site_id=site_id)
        )
        for scope in scopes
    }
