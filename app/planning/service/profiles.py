"""Use cases of statutes: their rules of work, dated."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.roster.profile import Profile
from app.planning.repository import profiles


async def put_profile(
    session: AsyncSession,
    statute: str,
    rules: Mapping[str, Any],
    *,
    valid_from: date,
    actor: Actor,
    now: datetime,
) -> Profile:
    """Write the rules of a statute from a date on; what is not named is everybody's.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    Invalid
        If rules contradict each other, naming them, or a name is no rule.
    """
    require(actor, Permission.PLANNING_WRITE)
    try:
        profile = profiles.read_profile(statute, rules)
    except ValueError as error:
        raise Invalid(str(error)) from error
    await profiles.put_profile(
        session, profile, valid_from=valid_from, written_by=actor.user_id, now=now
    )
    return profile
