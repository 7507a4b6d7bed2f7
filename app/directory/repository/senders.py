"""Queries of senders."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Sender, Site
from app.directory.repository.rows import inside, list_rows


async def list_senders(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None
) -> list[Sender]:
    """List the senders whose site is in scope."""
    query = (
        select(Sender)
        .join(Site, Site.id == Sender.site_id)
        .where(inside(scope, society=Site.society_id, site=Site.id))
    )
    return await list_rows(session, query, key=Sender.id, limit=limit, after=after)


async def list_namesakes(
    session: AsyncSession, *, ae_title: str, but_sender_id: int | None
) -> list[Sender]:
    """List the other enabled senders of the same title."""
    query = select(Sender).where(Sender.ae_title == ae_title, Sender.disabled_at.is_(None))
    if but_sender_id is not None:
        query = query.where(Sender.id != but_sender_id)
    return list((await session.execute(query)).scalars())


async def list_enabled(session: AsyncSession) -> list[tuple[Sender, Site]]:
    """List the senders that are not disabled, each with its site."""
    query = (
        select(Sender, Site)
        .join(Site, Site.id == Sender.site_id)
        .where(Sender.disabled_at.is_(None))
        .order_by(Sender.id)
    )
    return [(sender, site) for sender, site in await session.execute(query)]
