"""Use cases of the rules that name the site of a sender's studies.

A study keeps the site it was given and the reason in words, so that a rule may be deleted.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.domain.site_rules import CRITERIA, check_site_criteria
from app.directory.models import SiteRule
from app.directory.repository import site_rules as repository
from app.directory.repository.rows import put, save
from app.directory.service.senders import load_sender
from app.kit.errors import NotFound


class SiteRuleUnknown(NotFound):
    """The sender has no such rule."""


async def create_site_rule(
    session: AsyncSession, *, actor: Actor, sender_id: int, values: Mapping[str, Any]
) -> SiteRule:
    """Add a rule; it speaks of the studies that arrive from now on.

    Raises
    ------
    SenderUnknown
        If there is no such sender.
    AlreadyTaken
        If another rule of the sender has its rank.
    Invalid
        If it looks for nothing, for what no study says, or names a site that does not exist.
    """
    require(actor, Permission.SENDER_WRITE)
    await load_sender(session, sender_id=sender_id)
    rule = SiteRule(sender_id=sender_id, **_check(values))
    await save(session, rule)
    return rule


async def change_site_rule(
    session: AsyncSession,
    *,
    actor: Actor,
    sender_id: int,
    rule_id: int,
    values: Mapping[str, Any],
) -> SiteRule:
    """Replace a rule; raises what `create_site_rule` does.

    Raises
    ------
    SiteRuleUnknown
        If the sender has none of this id.
    """
    require(actor, Permission.SENDER_WRITE)
    checked = _check(values)
    rule = await _lock(session, sender_id=sender_id, rule_id=rule_id)
    put(rule, checked)
    await save(session, rule)
    return rule


async def delete_site_rule(
    session: AsyncSession, *, actor: Actor, sender_id: int, rule_id: int
) -> None:
    """Delete a rule.

    Raises
    ------
    SiteRuleUnknown
        If the sender has none of this id.
    """
    require(actor, Permission.SENDER_WRITE)
    rule = await _lock(session, sender_id=sender_id, rule_id=rule_id)
    await repository.delete_site_rule(session, rule)


async def _lock(session: AsyncSession, *, sender_id: int, rule_id: int) -> SiteRule:
    rule = await repository.lock_site_rule(session, sender_id=sender_id, rule_id=rule_id)
    if rule is None:
        raise SiteRuleUnknown(f"sender {sender_id} has no site rule {rule_id}")
    return rule


def _check(values: Mapping[str, Any]) -> dict[str, Any]:
    criteria = {name: values.get(name) for name in CRITERIA}
    return {**values, **check_site_criteria(criteria)}
