"""Queries on swaps: rows that are locked, moved and never deleted, and what was done to them."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db.errors import constraint_of
from app.directory.models import RadiologistSociety
from app.planning.domain.swaps import (
    OPEN,
    SwapAction,
    SwapOffered,
    SwapState,
    SwapUnknown,
    Terms,
    next_state,
)
from app.planning.models import Seat, Swap, SwapEvent

_ONE_OPEN = "uq_swap_open"


@dataclass(frozen=True, slots=True)
class Move:
    """What is done to a swap, by which user (absent: the clock), for which radiologist, and why."""

    action: SwapAction
    at: datetime
    by: int | None
    on_behalf_of: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """Which swaps somebody sees: those of their societies, and those in which they have a side.

    Parameters
    ----------
    society_ids
        A swap is also one of the societies to which its sides belong on the day; absent: all.
    """

    society_ids: frozenset[int] | None
    radiologist_id: int | None
    on: date

    def limits(self) -> list[ColumnElement[bool]]:
        """Return what a query on swaps must be limited to."""
        if self.society_ids is None:
            return []
        members = select(RadiologistSociety.radiologist_id).where(
            RadiologistSociety.society_id.in_(self.society_ids),
            RadiologistSociety.valid.contains(self.on),
        )
        own = [] if self.radiologist_id is None else [self.radiologist_id]
        return [
            or_(
                Swap.society_id.in_(self.society_ids),
                *(side.in_(members) for side in _SIDES),
                # Compared with nobody, a side that is nobody's would match.
                *(side.in_(own) for side in _SIDES),
            )
        ]


_SIDES = (Swap.giver_id, Swap.addressed_id, Swap.taker_id)


async def add_swap(session: AsyncSession, swap: Swap) -> None:
    """Add an offer.

    Raises
    ------
    SwapOffered
        If its seat is offered already; the transaction goes on.
    """
    try:
        async with session.begin_nested():
            session.add(swap)
            await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != _ONE_OPEN:
            raise
        raise SwapOffered(swap.seat_id) from error


async def find_swap(session: AsyncSession, swap_id: int) -> Swap:
    """Find a swap as it stands now.

    Raises
    ------
    SwapUnknown
        If there is none.
    """
    return await _find(session, swap_id, lock=False)


async def find_seen(session: AsyncSession, swap_id: int, *, sight: Sight) -> Swap:
    """Find a swap that somebody sees.

    Raises
    ------
    SwapUnknown
        If there is none that they see.
    """
    query = select(Swap).where(Swap.id == swap_id, *sight.limits())
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise SwapUnknown(f"there is no swap {swap_id}")
    return found


async def lock_swap(session: AsyncSession, swap_id: int) -> Swap:
    """Find a swap that nobody else can move until the end of the transaction.

    Raises
    ------
    SwapUnknown
        If there is none.
    """
    return await _find(session, swap_id, lock=True)


async def _find(session: AsyncSession, swap_id: int, *, lock: bool) -> Swap:
    found = await session.get(Swap, swap_id, with_for_update=lock, populate_existing=True)
    if found is None:
        raise SwapUnknown(f"there is no swap {swap_id}")
    return found


async def list_swaps(
    session: AsyncSession,
    *,
    limit: int,
    after: int | None = None,
    states: Collection[SwapState] = (),
    society_id: int | None = None,
    radiologist_id: int | None = None,
    sight: Sight | None = None,
) -> list[Swap]:
    """List swaps by id: in some states, of a society, of a radiologist on whichever side.

    Parameters
    ----------
    sight
        Only those that somebody sees; absent: all.
    """
    query = select(Swap).where(Swap.id > (after or 0)).order_by(Swap.id).limit(limit)
    if sight is not None:
        query = query.where(*sight.limits())
    if states:
        query = query.where(Swap.state.in_(states))
    if society_id is not None:
        query = query.where(Swap.society_id == society_id)
    if radiologist_id is not None:
        query = query.where(or_(*(side == radiologist_id for side in _SIDES)))
    return list((await session.scalars(query)).all())


async def list_begun(
    session: AsyncSession, *, now: datetime, seat_id: int | None = None
) -> list[Swap]:
    """List the open swaps of which a seat has begun by now, locked; those locked are left out."""
    counter = aliased(Seat)
    query = (
        select(Swap)
        .join(Seat, Seat.id == Swap.seat_id)
        .outerjoin(counter, counter.id == Swap.counter_seat_id)
        .where(
            Swap.state.in_(OPEN),
            or_(func.lower(Seat.period) <= now, func.lower(counter.period) <= now),
        )
        .order_by(Swap.id)
        .with_for_update(of=Swap, skip_locked=True)
    )
    if seat_id is not None:
        query = query.where(Swap.seat_id == seat_id)
    return list((await session.scalars(query)).all())


async def find_next_begin(session: AsyncSession) -> datetime | None:
    """Find the earliest begin of a seat of any open swap."""
    counter = aliased(Seat)
    begins = func.least(func.lower(Seat.period), func.lower(counter.period))
    query = (
        select(func.min(begins))
        .select_from(Swap)
        .join(Seat, Seat.id == Swap.seat_id)
        .outerjoin(counter, counter.id == Swap.counter_seat_id)
        .where(Swap.state.in_(OPEN))
    )
    found: datetime | None = (await session.execute(query)).scalar_one()
    return found


async def move_swap(session: AsyncSession, swap: Swap, move: Move) -> None:
    """Move a swap that is locked, and note what was done.

    Raises
    ------
    SwapMoveRefused
        If it stands where the action is not possible.
    """
    swap.state = next_state(SwapState(swap.state), move.action).value
    swap.state_at = move.at
    await session.flush()
    await note_action(session, swap, move)


async def note_action(session: AsyncSession, swap: Swap, move: Move) -> None:
    """Note what was done to a swap; the database lets nobody change it."""
    values = asdict(move) | {"action": move.action.value}
    await session.execute(insert(SwapEvent).values(swap_id=swap.id, state=swap.state, **values))


async def list_events(session: AsyncSession, swap_id: int) -> list[SwapEvent]:
    """List what was done to a swap, oldest first."""
    query = select(SwapEvent).where(SwapEvent.swap_id == swap_id).order_by(SwapEvent.id)
    return list((await session.scalars(query)).all())


def read_terms(swap: Swap) -> Terms:
    """Read what is swapped between whom."""
    return Terms(
        seat=swap.seat_id,
        giver=swap.giver_id,
        society=swap.society_id,
        addressed=swap.addressed_id,
        counter_seat=swap.counter_seat_id,
        taker=swap.taker_id,
    )
