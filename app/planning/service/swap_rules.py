"""Use case: a society sets how its members swap, from now on."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.service.societies import load_society
from app.planning.domain.swap_rules import SwapRules
from app.planning.repository import swap_rules as repository


async def set_rules(
    session: AsyncSession, rules: SwapRules, *, society_id: int, actor: Actor, now: datetime
) -> None:
    """Set how a society swaps; offers that stand keep what held when they were made.

    Raises
    ------
    SocietyUnknown
        If there is no such society.
    PermissionDenied
        If the actor may not plan for it.
    """
    require(actor, Permission.PLANNING_WRITE, society_id=society_id)
    await load_society(session, society_id=society_id)
    await repository.add_rules(
        session, rules, society_id=society_id, now=now, user_id=actor.user_id
    )
