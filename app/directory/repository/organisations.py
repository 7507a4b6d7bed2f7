"""Queries of societies, centres, sites and domains."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Centre, Domain, Endpoint, Site, Society
from app.directory.repository.rows import inside, list_rows


async def list_societies(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None
) -> list[Society]:
    """List the societies in scope."""
    query = select(Society).where(inside(scope, society=Society.id))
    return await list_rows(session, query, key=Society.id, limit=limit, after=after)


async def list_centres(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None
) -> list[Centre]:
    """List the centres in scope."""
    query = select(Centre).where(inside(scope, society=Centre.society_id))
    return await list_rows(session, query, key=Centre.id, limit=limit, after=after)


async def list_sites(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None
) -> list[Site]:
    """List the sites in scope."""
    query = select(Site).where(inside(scope, society=Site.society_id, site=Site.id))
    return await list_rows(session, query, key=Site.id, limit=limit, after=after)


async def list_domains(session: AsyncSession, *, limit: int, after: int | None) -> list[Domain]:
    """List the domains of identifiers."""
    return await list_rows(session, select(Domain), key=Domain.id, limit=limit, after=after)


async def load_endpoints(session: AsyncSession, *, ids: set[int]) -> dict[int, Endpoint]:
    """Load nodes by id."""
    rows = (await session.execute(select(Endpoint).where(Endpoint.id.in_(ids)))).scalars()
    return {row.id: row for row in rows}
