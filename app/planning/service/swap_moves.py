"""Use cases of swaps that are offered: taken, approved, refused, taken back, undone, expired."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.planning.domain.errors import SeatChanged
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Placement
from app.planning.domain.swaps import SwapAction, Terms
from app.planning.events import PlanningPublished
from app.planning.models import Swap
from app.planning.repository import swaps
from app.planning.repository.swaps import Move
from app.planning.service.swap_credits import post_credits
from app.planning.service.swap_exchanges import (
    find_exchange,
    hold_seats,
    judge_swap,
    make_exchange,
    publish_exchange,
    refuse_broken,
)
from app.planning.service.swap_parties import find_speaker, require_party, require_planner


@dataclass(frozen=True, slots=True)
class Moved:
    """A swap after a move, and the small revisions by which it was published."""

    swap: Swap
    published: tuple[PlanningPublished, ...] = ()


@dataclass(frozen=True, slots=True)
class Locked:
    """A swap that nobody else can move, the planning of each of its seats, and the instant now."""

    swap: Swap
    plannings: dict[int, int]
    now: datetime


async def accept_swap(
    session: AsyncSession,
    swap_id: int,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    on_behalf_of: int | None = None,
) -> Moved:
    """Take an offer: in force at once, unless a planner must approve.

    Raises
    ------
    SwapUnknown, SwapMoveRefused, PermissionDenied
        If there is no such swap, somebody else was first, or the actor is not addressed.
    SeatChanged, SwapTooLate
        If a seat has another holder meanwhile, or has begun.
    RulesBroken
        If the taker, or the giver on what comes back, would break a rule.
    """
    taker = await find_speaker(session, actor=actor, on_behalf_of=on_behalf_of, today=today)
    locked = await _lock(session, swap_id, now=now)
    swap = locked.swap
    action = SwapAction.ACCEPT if swap.needs_approval else SwapAction.TAKE
    require_party(swap, action, speaker=taker)
    terms = swaps.read_terms(swap)
    held = await find_exchange(session, terms, taker=taker.radiologist, now=locked.now)
    found = await judge_swap(session, held, taker=taker.radiologist)
    refuse_broken(found, may_be_accepted=swap.needs_approval)
    move = Move(action, locked.now, actor.user_id, taker.on_behalf_of)
    swap.taker_id = taker.radiologist
    if action is SwapAction.ACCEPT:
        await swaps.move_swap(session, swap, move)
        return Moved(swap)
    return await _publish(session, locked, held, move=move, actor=actor)


async def approve_swap(
    session: AsyncSession,
    swap_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    accepted: Collection[Rule] = (),
) -> Moved:
    """Put a swap in force that somebody has taken, perhaps accepting rules that it breaks.

    Raises
    ------
    SwapUnknown, SwapMoveRefused, PermissionDenied, SeatChanged, SwapTooLate, RulesBroken
        As `accept_swap`.
    Invalid
        If what is accepted cannot be.
    """
    locked = await _lock(session, swap_id, now=now)
    require_planner(locked.swap, SwapAction.APPROVE, actor=actor)
    terms = swaps.read_terms(locked.swap)
    taker = _taker_of(locked.swap)
    held = await find_exchange(session, terms, taker=taker, now=locked.now)
    move = Move(SwapAction.APPROVE, locked.now, actor.user_id, reason=reason)
    return await _publish(session, locked, held, move=move, actor=actor, accepted=accepted)


async def undo_swap(
    session: AsyncSession, swap_id: int, *, actor: Actor, now: datetime, reason: str
) -> Moved:
    """Give each their seat back, by another small revision, before any of the guards begins.

    Raises
    ------
    SwapUnknown, SwapMoveRefused, PermissionDenied, SeatChanged, SwapTooLate, RulesBroken
        As `accept_swap`.
    """
    locked = await _lock(session, swap_id, now=now)
    swap = locked.swap
    require_planner(swap, SwapAction.UNDO, actor=actor)
    # What was given is the taker's now, and what came back the giver's.
    back = Terms(swap.seat_id, _taker_of(swap), swap.society_id, counter_seat=swap.counter_seat_id)
    held = await find_exchange(session, back, taker=swap.giver_id, now=locked.now)
    move = Move(SwapAction.UNDO, locked.now, actor.user_id, reason=reason)
    return await _publish(session, locked, held, move=move, actor=actor)


async def take_back(
    session: AsyncSession,
    swap_id: int,
    action: SwapAction,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    on_behalf_of: int | None = None,
    reason: str = "",
) -> Swap:
    """Withdraw an offer, step back from one that one has taken, or say no to it.

    Raises
    ------
    SwapUnknown, SwapMoveRefused, PermissionDenied
        If there is no such swap, it is in force already, or it is for others to say.
    """
    speaker = await find_speaker(session, actor=actor, on_behalf_of=on_behalf_of, today=today)
    swap = await swaps.lock_swap(session, swap_id)
    require_party(swap, action, speaker=speaker)
    if action is SwapAction.STEP_BACK:
        swap.taker_id = None
    move = Move(action, now, actor.user_id, speaker.on_behalf_of, reason)
    await swaps.move_swap(session, swap, move)
    return swap


async def veto_swap(
    session: AsyncSession, swap_id: int, *, actor: Actor, now: datetime, reason: str
) -> Swap:
    """Refuse a swap as the planner, offered or taken.

    Raises
    ------
    SwapUnknown, SwapMoveRefused, PermissionDenied
        If there is no such swap, it is not open any more, or the actor may not.
    """
    swap = await swaps.lock_swap(session, swap_id)
    require_planner(swap, SwapAction.REFUSE, actor=actor)
    move = Move(SwapAction.REFUSE, now, actor.user_id, reason=reason)
    await swaps.move_swap(session, swap, move)
    return swap


async def expire_swaps(session: AsyncSession, *, now: datetime, seat_id: int | None = None) -> int:
    """Let open swaps of which a guard has begun expire; return how many.

    Parameters
    ----------
    seat_id
        Only those that offer this seat.
    """
    begun = await swaps.list_begun(session, now=now, seat_id=seat_id)
    for swap in begun:
        await swaps.move_swap(session, swap, Move(SwapAction.EXPIRE, now, by=None))
    return len(begun)


async def _lock(session: AsyncSession, swap_id: int, *, now: datetime) -> Locked:
    # Whoever publishes holds the publications first, and rows only then: nobody waits in a ring.
    swap = await swaps.find_swap(session, swap_id)
    seats = [each for each in (swap.seat_id, swap.counter_seat_id) if each is not None]
    plannings, waited = await hold_seats(session, seats)
    return Locked(await swaps.lock_swap(session, swap_id), plannings, now + waited)


def _taker_of(swap: Swap) -> int:
    if swap.taker_id is None:
        raise SeatChanged(seat_id=swap.seat_id, radiologist_id=swap.giver_id)
    return swap.taker_id


async def _publish(
    session: AsyncSession,
    locked: Locked,
    held: Sequence[Placement],
    *,
    move: Move,
    actor: Actor,
    accepted: Collection[Rule] = (),
) -> Moved:
    """Put the exchange of what is held in force, let the account follow, and move the swap."""
    swap = locked.swap
    taker = swap.giver_id if move.action is SwapAction.UNDO else _taker_of(swap)
    exchanged = make_exchange(held, taker=taker)
    published = await publish_exchange(
        session, exchanged, plannings=locked.plannings, move=move, actor=actor, accepted=accepted
    )
    events = {event.planning_id: event for event in published}
    await post_credits(
        session,
        swap,
        before=held,
        after=exchanged,
        published={seat: events[planning] for seat, planning in locked.plannings.items()},
        written_by=actor.user_id,
    )
    if move.action is not SwapAction.UNDO:
        swap.revision_id = events[locked.plannings[swap.seat_id]].revision_id
    await swaps.move_swap(session, swap, move)
    return Moved(swap, tuple(published))
