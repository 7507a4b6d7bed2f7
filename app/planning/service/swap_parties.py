"""Who speaks in a swap: for oneself, or a planner for somebody."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, PermissionDenied, require, scope_of
from app.planning.domain.swaps import PARTIES, Party, SwapAction, SwapState, next_state, parties_of
from app.planning.models import Swap
from app.planning.repository import absences
from app.planning.repository.swaps import Sight, read_terms
from app.planning.service.oneself import beyond_oneself


@dataclass(frozen=True, slots=True)
class Speaker:
    """For which radiologist somebody speaks, and the society that this one belongs to today.

    Parameters
    ----------
    on_behalf_of
        The radiologist again, where it is somebody else who speaks.
    """

    radiologist: int
    society: int | None
    on_behalf_of: int | None


async def find_speaker(
    session: AsyncSession, *, actor: Actor, on_behalf_of: int | None, today: date
) -> Speaker:
    """Find for whom the actor speaks.

    Raises
    ------
    PermissionDenied
        If the actor is no radiologist and names none, or may not speak for the one named.
    """
    radiologist = on_behalf_of or actor.radiologist_id
    if radiologist is None:
        raise PermissionDenied(Permission.SWAP_WRITE)
    society = (await absences.map_societies(session, [radiologist], on=today)).get(radiologist)
    if radiologist == actor.radiologist_id:
        return Speaker(radiologist, society, on_behalf_of=None)
    require(beyond_oneself(actor), Permission.SWAP_WRITE, society_id=society)
    return Speaker(radiologist, society, on_behalf_of=radiologist)


async def find_sight(session: AsyncSession, *, actor: Actor, today: date) -> Sight:
    """Find which swaps, with their notes, somebody sees.

    A radiologist sees those of their own society, whatever the scope of their role.
    """
    scope = scope_of(beyond_oneself(actor), Permission.SWAP_READ)
    own = actor.radiologist_id
    if scope.everything:
        return Sight(None, own, today)
    mine = await absences.map_societies(session, [] if own is None else [own], on=today)
    return Sight(scope.society_ids.union(mine.values()), own, today)


def require_party(swap: Swap, action: SwapAction, *, speaker: Speaker) -> None:
    """Refuse whoever has no word in this move.

    Raises
    ------
    SwapMoveRefused
        If nobody has, since it is not possible.
    PermissionDenied
        If others have.
    """
    state = SwapState(swap.state)
    next_state(state, action)
    societies = frozenset() if speaker.society is None else frozenset({speaker.society})
    own = parties_of(read_terms(swap), speaker.radiologist, societies=societies)
    if not own & PARTIES[state, action]:
        raise PermissionDenied(Permission.SWAP_WRITE)


def require_planner(swap: Swap, action: SwapAction, *, actor: Actor) -> None:
    """Refuse whoever does not plan for the giver's society, or has a side in the swap.

    Raises
    ------
    SwapMoveRefused
        If the move is not possible.
    PermissionDenied
        If the actor may not.
    """
    state = SwapState(swap.state)
    next_state(state, action)
    if Party.PLANNER not in PARTIES[state, action]:
        raise PermissionDenied(Permission.SWAP_WRITE)
    require(actor, Permission.PLANNING_PUBLISH, society_id=swap.society_id)
    if actor.radiologist_id is not None and actor.radiologist_id in {swap.giver_id, swap.taker_id}:
        raise PermissionDenied(Permission.PLANNING_PUBLISH)
