"""Use cases of wishes: radiologists tell their own, planners those of their society."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, PermissionDenied
from app.kit.errors import Invalid, NotFound
from app.planning.domain.absences import WishConflicts, find_wish_conflicts
from app.planning.domain.roster.people import Wish
from app.planning.models import RadiologistWish
from app.planning.repository import absences, assignments, people, wishes
from app.planning.repository.ranges import to_range
from app.planning.service.judging import find_zone
from app.planning.service.oneself import may_for


class WishUnknown(NotFound):
    """There is no such wish, or no such radiologist."""


async def check_wish(
    session: AsyncSession, wish: Wish, *, radiologist_id: int, actor: Actor, today: date
) -> WishConflicts:
    """Find what a wish would meet, before it is saved.

    Raises
    ------
    WishUnknown
        If the radiologist does not exist, or belongs to no society.
    PermissionDenied
        If the actor may not.
    """
    await _require(session, radiologist_id, actor=actor, today=today)
    readers = await people.list_readers(
        session, period=wish.interval, zone=await find_zone(session), ids=[radiologist_id]
    )
    if not readers:
        raise WishUnknown(f"there is no radiologist {radiologist_id} in any society")
    held = await assignments.list_in_force(session, period=wish.interval, ids=[radiologist_id])
    return find_wish_conflicts(wish, reader=readers[0], placements=held)


async def add_wish(
    session: AsyncSession,
    wish: Wish,
    *,
    radiologist_id: int,
    actor: Actor,
    now: datetime,
    today: date,
) -> RadiologistWish:
    """Note a wish; it is weighed when a roster is made, and moves nothing that is published.

    Raises
    ------
    WishUnknown, PermissionDenied
        As `check_wish`.
    Invalid
        If it contradicts another wish of the same radiologist for the same time.
    """
    met = await check_wish(session, wish, radiologist_id=radiologist_id, actor=actor, today=today)
    if met.wishes:
        raise Invalid(
            f"radiologist {radiologist_id} would both like and avoid "
            f"{met.wishes[0].interval.start} to {met.wishes[0].interval.end}: delete one wish"
        )
    row = RadiologistWish(
        radiologist_id=radiologist_id,
        kind=wish.kind.value,
        period=to_range(wish.interval),
        weight=wish.weight,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(row)
    await session.flush()
    return row


async def delete_wish(session: AsyncSession, wish_id: int, *, actor: Actor, today: date) -> None:
    """Delete a wish.

    Raises
    ------
    WishUnknown
        If there is no such wish.
    PermissionDenied
        If the actor may not.
    """
    wish = await wishes.find_wish(session, wish_id)
    if wish is None:
        raise WishUnknown(f"there is no wish {wish_id}")
    await _require(session, wish.radiologist_id, actor=actor, today=today)
    await wishes.delete_wish(session, wish_id)


async def _require(
    session: AsyncSession, radiologist_id: int, *, actor: Actor, today: date
) -> None:
    found = await absences.map_societies(session, [radiologist_id], on=today)
    society = found.get(radiologist_id)
    if not may_for(
        actor, Permission.ABSENCE_WRITE, radiologist_id=radiologist_id, society_id=society
    ):
        raise PermissionDenied(Permission.ABSENCE_WRITE)
