"""What a radiologist's own page shows: seats to come, swaps, absences, wishes, addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.kit.interval import Interval
from app.planning.domain.absences import AbsenceKind
from app.planning.domain.roster.people import WishKind
from app.planning.domain.seats import Placement, Seat, SeatKind
from app.planning.domain.swap_rules import SwapRules
from app.planning.domain.swaps import PARTIES, SwapAction, SwapState, parties_of
from app.planning.models import CalendarFeed, Swap
from app.planning.repository import assignments, swaps
from app.planning.repository.people import name_radiologists, name_societies
from app.web.pages.door import Visit

AHEAD, LATELY = timedelta(days=400), timedelta(days=30)
RESTED = timedelta(days=7)
"""What somebody did longer ago has no part in a rest any more."""
_OWN = (SwapAction.REFUSE, SwapAction.WITHDRAW, SwapAction.STEP_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatShown:
    """A seat, as its holder reads it."""

    id: int
    segment: str
    line: str
    interval: Interval
    society: str
    holder: str | None
    is_offered: bool = False

    @classmethod
    def of(
        cls, placement: Placement, *, people: Mapping[int, str], societies: Mapping[int, str]
    ) -> "SeatShown":
        """Show a seat that somebody holds."""
        seat = placement.seat
        return cls(
            id=seat.id,
            segment=seat.segment,
            line=name_line(seat),
            interval=seat.interval,
            society=societies[placement.society],
            holder=None if placement.radiologist is None else people[placement.radiologist],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapShown:
    """A swap, and what who looks may do with it; nothing once a guard has begun."""

    id: int
    society_id: int
    seat: SeatShown
    counter: SeatShown | None
    state: SwapState
    at: datetime
    giver_id: int
    giver: str
    addressed_id: int | None
    addressed: str | None
    taker_id: int | None
    taker: str | None
    needs_approval: bool
    note: str
    has_begun: bool
    actions: frozenset[SwapAction] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceShown:
    """An absence to come, and how many seats its radiologist still holds meanwhile."""

    id: int
    period: Interval
    kind: AbsenceKind
    reason: str
    clashes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunShown:
    """A seat that has begun lately, and when its holder worked last for it, where it was told.

    Parameters
    ----------
    latest
        What may be told at most.
    """

    seat: SeatShown
    acted_at: datetime | None
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WishShown:
    """A wish for a time to come."""

    id: int
    kind: WishKind
    period: Interval
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an absence or a wish would meet, shown before it is saved.

    Parameters
    ----------
    action
        Where it is sent again, with these fields and what was seen.
    seen
        The seats shown, by id: should others be touched meanwhile, they are shown first.
    """

    action: str
    fields: Mapping[str, str]
    seen: str
    seats: Sequence[SeatShown] = ()
    absences: Sequence[Interval] = ()
    is_absence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Seats of a colleague, one of which is asked for in return."""

    fields: Mapping[str, str]
    name: str
    seats: Sequence[SeatShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinePage:
    """Guards of one radiologist: one's own, or those of whom one plans for."""

    person_id: int
    name: str
    is_oneself: bool
    tells_absences: bool
    seats: Sequence[SeatShown]
    begun: Sequence[BegunShown]
    offered: Sequence[SwapShown]
    offering: Sequence[SwapShown]
    lately: Sequence[SwapShown]
    absences: Sequence[AbsenceShown]
    wishes: Sequence[WishShown]
    feeds: Sequence[CalendarFeed]
    people: Sequence[str]
    swap_rules: SwapRules
    """Of the society of this radiologist."""
    preview: Preview | None = None
    choice: Choice | None = None
    address: str | None = None

    @property
    def of(self) -> str:
        """What follows each address, so that the page stays this person's."""
        return "" if self.is_oneself else f"?of={self.person_id}"


def name_line(seat: Seat) -> str:
    """Name the line of a seat, or what its holder does."""
    return seat.line.value if seat.kind is SeatKind.READER else "coordinator"


async def show_seats(guest: Visit, placements: Sequence[Placement]) -> list[SeatShown]:
    """Show seats with the names that they need."""
    held = {each.radiologist for each in placements if each.radiologist is not None}
    people = await name_radiologists(guest.session, held)
    societies = await name_societies(guest.session, {each.society for each in placements})
    return [SeatShown.of(each, people=people, societies=societies) for each in placements]


async def list_to_come(guest: Visit, person: int) -> list[SeatShown]:
    """List the seats in force that somebody holds and that are not over, by start."""
    now = guest.work.now
    period = Interval(now, now + AHEAD)
    return await show_seats(
        guest, await assignments.list_in_force(guest.session, period=period, ids=[person])
    )


async def show_swaps(guest: Visit, rows: Sequence[Swap]) -> list[SwapShown]:
    """Show swaps, without anything that could be done to them."""
    ids = {each for row in rows for each in (row.seat_id, row.counter_seat_id) if each is not None}
    held = await show_seats(guest, await assignments.list_last_of(guest.session, ids))
    seats = {each.id: each for each in held}
    sides = {
        each
        for row in rows
        for each in (row.giver_id, row.addressed_id, row.taker_id)
        if each is not None
    }
    people = await name_radiologists(guest.session, sides)
    return [_show_swap(row, seats=seats, people=people, now=guest.work.now) for row in rows]


def _show_swap(
    row: Swap, *, seats: Mapping[int, SeatShown], people: Mapping[int, str], now: datetime
) -> SwapShown:
    seat = seats[row.seat_id]
    counter = None if row.counter_seat_id is None else seats[row.counter_seat_id]
    return SwapShown(
        id=row.id,
        society_id=row.society_id,
        seat=seat,
        counter=counter,
        state=SwapState(row.state),
        at=row.state_at,
        giver_id=row.giver_id,
        giver=people[row.giver_id],
        addressed_id=row.addressed_id,
        addressed=None if row.addressed_id is None else people[row.addressed_id],
        taker_id=row.taker_id,
        taker=None if row.taker_id is None else people[row.taker_id],
        needs_approval=row.needs_approval,
        note=row.note,
        has_begun=any(each.interval.start <= now for each in (seat, counter) if each is not None),
    )


def find_actions(row: Swap, person: int, *, societies: frozenset[int]) -> frozenset[SwapAction]:
    """Find what a radiologist may do with a swap, by the table of its moves."""
    state = SwapState(row.state)
    own = parties_of(swaps.read_terms(row), person, societies=societies)
    take = SwapAction.ACCEPT if row.needs_approval else SwapAction.TAKE
    return frozenset(
        action for action in (take, *_OWN) if own & PARTIES.get((state, action), frozenset())
    )
