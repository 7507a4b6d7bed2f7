"""Seats in force and people who may take them, for swaps."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Grant, Role
from app.directory.models import User
from app.planning.domain.seats import Placement
from app.planning.domain.validator import Severity
from app.planning.models import Swap
from app.planning.repository import assignments, swaps
from app.planning.service.swap_moves import Moved, accept_swap
from app.planning.service.swaps import Offer, check_offer, offer_swap
from tests.factories.directory import add_user
from tests.factories.planning import NOW, PARIS, Group, add_group, add_published

TODAY = NOW.astimezone(PARIS).date()
NEAR = timedelta(hours=60)


@dataclass(frozen=True, slots=True)
class Stage:
    """A published week: a seat that begins after now, and people of one society who are free then.

    Parameters
    ----------
    free
        Colleagues of the giver whose seats are all far from the given one, at least three.
    stranger
        Somebody of another society who is as free.
    """

    group: Group
    given: Placement
    society: int
    giver: int
    free: list[int]
    stranger: int


async def add_stage(session: AsyncSession, *, people_each: int = 14) -> Stage:
    """Publish a week, and find a seat with people who could take it."""
    group = await add_group(session, volumes=(500, 500), people_each=people_each)
    await add_published(session)
    placements = await assignments.list_in_force(session)
    for given in reversed(placements):
        own = group.radiologists[given.society]
        if given.seat.interval.start <= NOW or given.radiologist not in own:
            continue
        near = {
            each.radiologist
            for each in placements
            if abs(each.seat.interval.start - given.seat.interval.start) < NEAR
        }
        free = [each for each in own if each not in near]
        strangers = [each for each in group.everybody if each not in near and each not in own]
        if len(free) >= 3 and strangers:
            return Stage(group, given, given.society, given.radiologist, free, strangers[0])
    raise AssertionError("nobody is free: let the group be larger")


async def make_actor(
    session: AsyncSession, *, radiologist: int | None = None, planner_of: int | None = None
) -> Actor:
    """Make the actor of a radiologist, or of a planner of a society."""
    grants = (
        (Grant(Role.PLANNER, society_id=planner_of),)
        if planner_of is not None
        else (Grant(Role.RADIOLOGIST),)
    )
    known = select(User).where(User.radiologist_id == radiologist)
    user = None if radiologist is None else (await session.scalars(known)).one_or_none()
    if user is None:
        user = await add_user(session, *grants, radiologist_id=radiologist)
    return Actor(user_id=user.id, name=user.display_name, radiologist_id=radiologist, grants=grants)


async def offer_seat(session: AsyncSession, stage: Stage, **terms: object) -> Swap:
    """Let the giver offer the given seat."""
    giver = await make_actor(session, radiologist=stage.giver)
    given = Offer(seat=stage.given.seat.id, **terms)  # type: ignore[arg-type]
    return await offer_swap(session, given, actor=giver, now=NOW, today=TODAY)


async def accept_offer(session: AsyncSession, swap: Swap, radiologist: int) -> Moved:
    """Let a radiologist take an offer."""
    actor = await make_actor(session, radiologist=radiologist)
    return await accept_swap(session, swap.id, actor=actor, now=NOW, today=TODAY)


async def find_held(session: AsyncSession, seat_id: int) -> Placement:
    """Find who holds a seat."""
    (found,) = await assignments.list_in_force_of(session, seat_ids=[seat_id])
    return found


async def list_actions(session: AsyncSession, swap: Swap) -> list[tuple[str, str]]:
    """List what was done to a swap, with the state after it."""
    return [(each.action, each.state) for each in await swaps.list_events(session, swap.id)]


async def make_planner(session: AsyncSession, stage: Stage) -> Actor:
    """Make a planner of the giver's society."""
    return await make_actor(session, planner_of=stage.society)


async def find_counter(session: AsyncSession, stage: Stage) -> Placement:
    """Find a seat that a colleague could give back without breaking a rule on either side."""
    giver = await make_actor(session, radiologist=stage.giver)
    for each in await assignments.list_in_force(session):
        others = set(stage.group.radiologists[stage.society]) - {stage.giver}
        if each.radiologist not in others or each.seat.interval.start <= NOW:
            continue
        asked = Offer(
            seat=stage.given.seat.id, addressed=each.radiologist, counter_seat=each.seat.id
        )
        found = await check_offer(session, asked, actor=giver, now=NOW, today=TODAY)
        if all(one.severity is Severity.SOFT for one in found):
            return each
    raise AssertionError("nobody has a seat to give back")
