"""Use cases of offers: what somebody would swap, looked at on both sides before it is offered."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.kit.errors import Invalid
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swaps import SwapAction, SwapState, Terms
from app.planning.domain.validator import Violation
from app.planning.models import Swap
from app.planning.repository import absences, swaps
from app.planning.repository.swap_rules import find_rules
from app.planning.service.swap_exchanges import find_exchange, judge_swap, refuse_broken
from app.planning.service.swap_moves import expire_swaps
from app.planning.service.swap_parties import find_speaker


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody would swap.

    Parameters
    ----------
    addressed
        To whom it is offered; absent: to all of the society, and nothing comes back.
    counter_seat
        What the one addressed gives back.
    needs_approval
        A planner must approve; always where the one addressed is of another society, or where the
        giver's has set it.
    credit
        Whose society is said to have done the seat, where the two are not of one; absent: as the
        giver's has set it.
    """

    seat: int
    addressed: int | None = None
    counter_seat: int | None = None
    needs_approval: bool = False
    credit: CreditRule | None = None
    note: str = ""

    def set_terms(self, *, giver: int, society: int) -> Terms:
        """Say what would be swapped between whom.

        Raises
        ------
        Invalid
            If all of a society shall give one seat back, or it is offered to the giver.
        """
        if self.addressed is None and self.counter_seat is not None:
            raise Invalid("name who gives the other seat back: only one person holds it")
        if self.addressed == giver:
            raise Invalid(f"radiologist {giver} cannot swap with themselves")
        return Terms(self.seat, giver, society, self.addressed, self.counter_seat)


async def check_offer(
    session: AsyncSession,
    offer: Offer,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    on_behalf_of: int | None = None,
) -> list[Violation]:
    """Find what a swap would break on both sides; nothing is known of an offer to all.

    Raises
    ------
    PermissionDenied, NoSuchPlanning, SeatChanged, SwapTooLate, Invalid
        As `offer_swap`.
    """
    giver = await find_speaker(session, actor=actor, on_behalf_of=on_behalf_of, today=today)
    terms = offer.set_terms(giver=giver.radiologist, society=giver.society or 0)
    held = await find_exchange(session, terms, taker=offer.addressed, now=now)
    if offer.addressed is None:
        return []
    return await judge_swap(session, held, taker=offer.addressed)


async def offer_swap(
    session: AsyncSession,
    offer: Offer,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    on_behalf_of: int | None = None,
) -> Swap:
    """Offer a seat in force that the giver holds.

    Raises
    ------
    PermissionDenied
        If the actor may not speak for the giver.
    NoSuchPlanning, SeatChanged, SwapTooLate
        If a seat is not published, held by another one, or has begun.
    SwapOffered
        If the seat is offered already.
    RulesBroken
        If the one addressed could not take it.
    Invalid
        If the terms say nothing, the giver belongs to no society, or that has set another credit.
    """
    giver = await find_speaker(session, actor=actor, on_behalf_of=on_behalf_of, today=today)
    if giver.society is None:
        raise Invalid(f"radiologist {giver.radiologist} belongs to no society on {today}")
    terms = offer.set_terms(giver=giver.radiologist, society=giver.society)
    await expire_swaps(session, now=now, seat_id=offer.seat)
    swap = await _make_swap(session, offer, terms, now=now, today=today)
    await swaps.add_swap(session, swap)
    move = swaps.Move(SwapAction.OFFER, now, actor.user_id, giver.on_behalf_of, offer.note)
    await swaps.note_action(session, swap, move)
    return swap


async def _make_swap(
    session: AsyncSession, offer: Offer, terms: Terms, *, now: datetime, today: date
) -> Swap:
    held = await find_exchange(session, terms, taker=offer.addressed, now=now)
    rules = await find_rules(session, terms.society)
    needs_approval = offer.needs_approval or rules.needs_approval
    if offer.addressed is not None:
        societies = await absences.map_societies(session, [offer.addressed], on=today)
        needs_approval |= societies.get(offer.addressed) != terms.society
        found = await judge_swap(session, held, taker=offer.addressed)
        refuse_broken(found, may_be_accepted=needs_approval)
    return Swap(
        seat_id=terms.seat,
        counter_seat_id=terms.counter_seat,
        giver_id=terms.giver,
        society_id=terms.society,
        addressed_id=terms.addressed,
        credit_to=rules.settle_credit(offer.credit).value,
        needs_approval=needs_approval,
        state=SwapState.OFFERED.value,
        state_at=now,
        note=offer.note,
        expires_at=min(each.seat.interval.start for each in held),
    )
