"""Queries of the rules that give a priority."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import PriorityRule, Sender, Site
from app.directory.repository.rows import inside, list_rows


async def list_priority_rules(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None
) -> list[PriorityRule]:
    """List the rules by rank: those of every sender, and those of a sender in scope."""
    query = (
        select(PriorityRule)
        .outerjoin(Sender, Sender.id == PriorityRule.sender_id)
        .outerjoin(Site, Site.id == Sender.site_id)
        .where(
            or_(
                PriorityRule.sender_id.is_(None),
                inside(scope, society=Site.society_id, site=Site.id),
            )
        )
    )
    return await list_rows(session, query, key=PriorityRule.rank, limit=limit, after=after)


async def lock_priority_rule(session: AsyncSession, rule_id: int) -> PriorityRule | None:
    """Find a rule by its key, and keep others from changing it meanwhile."""
    return await session.get(PriorityRule, rule_id, with_for_update=True)


async def delete_priority_rule(session: AsyncSession, rule: PriorityRule) -> None:
    """Delete a rule now."""
    await session.delete(rule)
    await session.flush()
