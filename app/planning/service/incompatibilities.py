"""Use cases of incompatibilities: two radiologists who are never on guard together."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.models import Incompatibility
from app.planning.repository import incompatibilities
from app.planning.service.planned_for import require_writer_of_both


class IncompatibilityUnknown(NotFound):
    """There is no such incompatibility."""


class WithThemselves(Invalid):
    """Nobody is incompatible with themselves."""


class IncompatibilityStands(Conflict):
    """The two are known as incompatible already."""


async def add_incompatibility(
    session: AsyncSession, *, one: int, other: int, actor: Actor, today: date
) -> Incompatibility:
    """Write that two radiologists are never on guard together; what is published stays.

    Raises
    ------
    RadiologistUnknown, PermissionDenied
        As `require_writer_of_both`.
    WithThemselves
        If the two are one.
    IncompatibilityStands
        If it stands already.
    """
    if one == other:
        raise WithThemselves(f"radiologist {one} is not incompatible with themselves: name two")
    await require_writer_of_both(session, one, other, actor=actor, today=today)
    row = await incompatibilities.add_incompatibility(session, one=one, other=other)
    if row is None:
        raise IncompatibilityStands(f"radiologists {one} and {other} are incompatible already")
    return row


async def delete_incompatibility(
    session: AsyncSession, incompatibility_id: int, *, actor: Actor, today: date
) -> None:
    """Let two radiologists be on guard together again.

    Raises
    ------
    IncompatibilityUnknown, PermissionDenied
        If it does not stand, or the actor does not write of both.
    """
    row = await incompatibilities.find_incompatibility(session, incompatibility_id)
    if row is None:
        raise IncompatibilityUnknown(f"there is no incompatibility {incompatibility_id}")
    await require_writer_of_both(session, row.one_id, row.other_id, actor=actor, today=today)
    await incompatibilities.delete_incompatibility(session, incompatibility_id)
