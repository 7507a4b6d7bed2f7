"""Queries of the rules that name the site of a sender's studies."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.site_rules import CRITERIA
from app.directory.domain.site_rules import SiteRule as Rule
from app.directory.models import SiteRule
from app.directory.repository.rows import list_rows


async def read_rules(
    session: AsyncSession, *, sender_ids: Iterable[int]
) -> dict[int, tuple[Rule, ...]]:
    """Read the rules of senders, by sender and in the order of their ranks; for `find_site`."""
    rows = await session.scalars(
        select(SiteRule)
        .where(SiteRule.sender_id.in_(set(sender_ids)))
        .order_by(SiteRule.sender_id, SiteRule.rank)
    )
    rules: dict[int, tuple[Rule, ...]] = {}
    for row in rows:
        rule = Rule(
            rank=row.rank,
            site_id=row.site_id,
            domain_id=row.domain_id,
            **{name: getattr(row, name) for name in CRITERIA},
        )
        rules[row.sender_id] = (*rules.get(row.sender_id, ()), rule)
    return rules


async def list_site_rules(
    session: AsyncSession, *, sender_id: int, limit: int, after: int | None
) -> list[SiteRule]:
    """List the rules of a sender by rank; `after` is a rank."""
    query = select(SiteRule).where(SiteRule.sender_id == sender_id)
    return await list_rows(session, query, key=SiteRule.rank, limit=limit, after=after)


async def lock_site_rule(session: AsyncSession, *, sender_id: int, rule_id: int) -> SiteRule | None:
    """Find a rule of a sender, and keep others from changing it meanwhile."""
    query = select(SiteRule).where(SiteRule.id == rule_id, SiteRule.sender_id == sender_id)
    found: SiteRule | None = await session.scalar(query.with_for_update())
    return found


async def delete_site_rule(session: AsyncSession, rule: SiteRule) -> None:
    """Delete a rule now."""
    await session.delete(rule)
    await session.flush()
