"""Swaps: every state and every move between them, in one table; and what a swap would break.

A swap is bound to the ids of its seats, never to their times: when a seat's hours move, the swap
moves with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict, NotFound
from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.validator import Violation, judge_change


class SwapState(StrEnum):
    """Where a swap stands."""

    OFFERED = "offered"
    """To one, or to all of the society."""
    ACCEPTED = "accepted"
    """Somebody takes it; a planner must approve."""
    APPROVED = "approved"
    """In force, by a small revision of its own."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Taken back before it was in force."""
    EXPIRED = "expired"
    """A guard began first."""
    UNDONE = "undone"
    """Was in force; each has their seat again, by another small revision."""


class SwapAction(StrEnum):
    """What moves a swap."""

    OFFER = "offer"
    """Makes one; moves none."""
    ACCEPT = "accept"
    """Take it, where a planner must approve."""
    TAKE = "take"
    """Take it, where nobody must approve."""
    STEP_BACK = "step_back"
    """Whoever took it does not want it after all; it is offered again."""
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    UNDO = "undo"


class Party(StrEnum):
    """Whose word it needs."""

    GIVER = "giver"
    TAKER = "taker"
    ADDRESSED = "addressed"
    """The one to whom it is offered."""
    COLLEAGUE = "colleague"
    """One of the society to whom it is offered."""
    PLANNER = "planner"
    CLOCK = "clock"


_S, _A, _P = SwapState, SwapAction, Party

TRANSITIONS: Mapping[tuple[SwapState, SwapAction], SwapState] = MappingProxyType(
    {
        (_S.OFFERED, _A.ACCEPT): _S.ACCEPTED,
        (_S.OFFERED, _A.TAKE): _S.APPROVED,
        (_S.OFFERED, _A.REFUSE): _S.REFUSED,
        (_S.OFFERED, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.OFFERED, _A.EXPIRE): _S.EXPIRED,
        (_S.ACCEPTED, _A.APPROVE): _S.APPROVED,
        (_S.ACCEPTED, _A.REFUSE): _S.REFUSED,
        (_S.ACCEPTED, _A.STEP_BACK): _S.OFFERED,
        (_S.ACCEPTED, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.ACCEPTED, _A.EXPIRE): _S.EXPIRED,
        (_S.APPROVED, _A.UNDO): _S.UNDONE,
    }
)
"""Every allowed move; what is not here is refused."""

PARTIES: Mapping[tuple[SwapState, SwapAction], frozenset[Party]] = MappingProxyType(
    {
        (_S.OFFERED, _A.ACCEPT): frozenset({_P.ADDRESSED, _P.COLLEAGUE}),
        (_S.OFFERED, _A.TAKE): frozenset({_P.ADDRESSED, _P.COLLEAGUE}),
        # One of many says no for nobody else.
        (_S.OFFERED, _A.REFUSE): frozenset({_P.ADDRESSED, _P.PLANNER}),
        (_S.OFFERED, _A.WITHDRAW): frozenset({_P.GIVER}),
        (_S.OFFERED, _A.EXPIRE): frozenset({_P.CLOCK}),
        (_S.ACCEPTED, _A.APPROVE): frozenset({_P.PLANNER}),
        (_S.ACCEPTED, _A.REFUSE): frozenset({_P.PLANNER}),
        (_S.ACCEPTED, _A.STEP_BACK): frozenset({_P.TAKER}),
        (_S.ACCEPTED, _A.WITHDRAW): frozenset({_P.GIVER}),
        (_S.ACCEPTED, _A.EXPIRE): frozenset({_P.CLOCK}),
        # Both have planned with it by now: neither undoes it alone.
        (_S.APPROVED, _A.UNDO): frozenset({_P.PLANNER}),
    }
)
"""Whose word each move needs; a planner may speak for a radiologist."""

OPEN = frozenset({SwapState.OFFERED, SwapState.ACCEPTED})
"""Not in force, and may still be."""


class SwapMoveRefused(Conflict):
    """The swap stands where this action is not possible."""

    def __init__(self, state: SwapState, action: SwapAction) -> None:
        super().__init__(
            f"a swap that is {state.value} cannot be moved by '{action.value}': look at it again"
        )
        self.state = state
        self.action = action


class SwapTooLate(Conflict):
    """One of the guards has begun: what is begun is replaced, not swapped."""

    def __init__(self, *, seat: int, start: datetime) -> None:
        super().__init__(
            f"seat {seat} began at {start:%Y-%m-%d %H:%M} UTC: look for a replacement instead"
        )
        self.seat = seat


class SwapUnknown(NotFound):
    """There is no such swap."""


class SwapOffered(Conflict):
    """The seat is offered already."""

    def __init__(self, seat: int) -> None:
        super().__init__(f"seat {seat} is offered in a swap already: withdraw that one first")
        self.seat = seat


def next_state(state: SwapState, action: SwapAction) -> SwapState:
    """Say where an action leads.

    Raises
    ------
    SwapMoveRefused
        If it is not possible from there.
    """
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise SwapMoveRefused(state, action) from None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is swapped between whom.

    Parameters
    ----------
    society
        The giver's.
    addressed
        To whom it is offered; absent: to all of the society.
    counter_seat
        What the taker gives back; absent: nothing.
    """

    seat: int
    giver: int
    society: int
    addressed: int | None = None
    counter_seat: int | None = None
    taker: int | None = None


def parties_of(terms: Terms, radiologist: int, *, societies: frozenset[int]) -> frozenset[Party]:
    """Say as whom a radiologist, a member of these societies now, may speak."""
    parties = set()
    if radiologist == terms.giver:
        parties.add(Party.GIVER)
    elif terms.addressed is None and terms.society in societies:
        parties.add(Party.COLLEAGUE)
    if radiologist == terms.addressed:
        parties.add(Party.ADDRESSED)
    if radiologist == terms.taker:
        parties.add(Party.TAKER)
    return frozenset(parties)


def refuse_begun(placements: Sequence[Placement], *, now: datetime) -> None:
    """Refuse seats that have begun; at the very instant they have.

    Raises
    ------
    SwapTooLate
        Naming the first one.
    """
    for each in sorted(placements, key=lambda one: (one.seat.interval.start, one.seat.id)):
        if each.seat.interval.start <= now:
            raise SwapTooLate(seat=each.seat.id, start=each.seat.interval.start)


def exchange(given: Placement, counter: Placement | None, *, taker: int) -> tuple[Placement, ...]:
    """Put the taker on the seat, and the giver on what comes back; each society owes what it owed.

    Raises
    ------
    ValueError
        If nobody holds the seat, or somebody else than the taker the one that comes back.
    """
    if given.radiologist is None:
        msg = f"nobody holds seat {given.seat.id}: there is nothing to swap"
        raise ValueError(msg)
    taken = replace(given, radiologist=taker, reason=AssignmentReason.SWAP)
    if counter is None:
        return (taken,)
    if counter.radiologist != taker:
        msg = f"radiologist {taker} does not hold seat {counter.seat.id}, and cannot give it back"
        raise ValueError(msg)
    return taken, replace(counter, radiologist=given.radiologist, reason=AssignmentReason.SWAP)


def judge_exchange(
    exchanged: Sequence[Placement],
    *,
    in_force: Sequence[Placement],
    readers: Sequence[Reader],
    zone: tzinfo,
) -> list[Violation]:
    """Find what a swap would break on both sides that is not broken now."""
    changed = {each.seat.id: each for each in exchanged}
    after = [changed.get(each.seat.id, each) for each in in_force]
    return judge_change(in_force, after, readers=readers, zone=zone)
