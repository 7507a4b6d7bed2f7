"""Use cases of the rules that give a priority: configuration of the whole group.

A case keeps the priority it was given and the reason in words, so that a rule may be deleted.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.domain.criteria import (
    check_criteria,
    check_modality,
    check_station_name,
    check_words,
)
from app.directory.models import PriorityRule
from app.directory.repository import priority_rules as repository
from app.directory.repository.rows import put, save
from app.kit.errors import NotFound

_CHECKS = {"modality": check_modality, "station_name": check_station_name, "words": check_words}


class PriorityRuleUnknown(NotFound):
    """There is no such rule."""


async def create_priority_rule(
    session: AsyncSession, *, actor: Actor, values: Mapping[str, Any]
) -> PriorityRule:
    """Add a rule; it speaks of the studies that arrive from now on.

    Raises
    ------
    AlreadyTaken
        If another rule has its rank.
    Invalid
        If it looks for nothing, for what no study says, or names a sender that does not exist.
    """
    require(actor, Permission.SENDER_WRITE)
    rule = PriorityRule(**_check(values))
    await save(session, rule)
    return rule


async def change_priority_rule(
    session: AsyncSession, *, actor: Actor, rule_id: int, values: Mapping[str, Any]
) -> PriorityRule:
    """Replace a rule; raises what `create_priority_rule` does.

    Raises
    ------
    PriorityRuleUnknown
        If there is none.
    """
    require(actor, Permission.SENDER_WRITE)
    checked = _check(values)
    rule = await _lock(session, rule_id)
    put(rule, checked)
    await save(session, rule)
    return rule


async def delete_priority_rule(session: AsyncSession, *, actor: Actor, rule_id: int) -> None:
    """Delete a rule.

    Raises
    ------
    PriorityRuleUnknown
        If there is none.
    """
    require(actor, Permission.SENDER_WRITE)
    await repository.delete_priority_rule(session, await _lock(session, rule_id))


async def _lock(session: AsyncSession, rule_id: int) -> PriorityRule:
    rule = await repository.lock_priority_rule(session, rule_id)
    if rule is None:
        raise PriorityRuleUnknown(f"there is no priority rule {rule_id}")
    return rule


def _check(values: Mapping[str, Any]) -> dict[str, Any]:
    check_criteria(values)
    return {
        name: _CHECKS[name](value) if name in _CHECKS and value is not None else value
        for name, value in values.items()
    }
