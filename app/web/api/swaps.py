"""Swaps: seats that radiologists offer each other, with everything that was done to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swaps import SwapAction, SwapState
from app.planning.repository import swaps as repository
from app.planning.service import swap_moves, swaps
from app.planning.service.swap_parties import find_sight
from app.web.api.guards import Published, Rules
from app.web.api.revisions import ViolationView, view_violations
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/swaps", tags=["planning"])

Reader = Annotated[Work, needs(Permission.SWAP_READ)]
Writer = Annotated[Work, needs(Permission.SWAP_WRITE)]
Publisher = Annotated[Work, needs(Permission.PLANNING_PUBLISH)]
Wanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]


class SwapView(View):
    """A swap as it stands."""

    id: int
    seat_id: int
    counter_seat_id: int | None
    giver_id: int
    society_id: int
    addressed_id: int | None
    taker_id: int | None
    credit_to: CreditRule
    needs_approval: bool
    state: SwapState
    state_at: datetime
    note: str
    expires_at: datetime
    revision_id: int | None


class SwapEventView(View):
    """What was done to a swap, by which user, for which radiologist."""

    at: datetime
    action: SwapAction
    state: SwapState
    by: int | None
    on_behalf_of: int | None
    reason: str


class SwapDetail(SwapView):
    """A swap with its history, oldest first."""

    history: list[SwapEventView]


class SwapMovedView(SwapView):
    """A swap after a move, and the revisions by which it came into force."""

    published: list[Published]


class SpeakerBody(Body):
    """For whom the caller speaks: for themselves, unless a planner names somebody."""

    on_behalf_of: BodyKey | None = None


class OfferBody(SpeakerBody):
    """A seat that is offered: to one radiologist, or (with nobody addressed) to all the society."""

    seat_id: BodyKey
    addressed_id: BodyKey | None = None
    counter_seat_id: BodyKey | None = Field(default=None, description="what the taker gives back")
    needs_approval: bool = False
    credit_to: CreditRule | None = Field(
        default=None, description="only where the giver's society has not set it"
    )
    note: Line | None = None

    def read(self) -> swaps.Offer:
        """Read it as the use case does."""
        return swaps.Offer(
            seat=self.seat_id,
            addressed=self.addressed_id,
            counter_seat=self.counter_seat_id,
            needs_approval=self.needs_approval,
            credit=self.credit_to,
            note=self.note or "",
        )


class TakenBackBody(SpeakerBody):
    """Why something is taken back or refused."""

    reason: Line | None = None


class ApprovalBody(Body):
    """What a planner knowingly accepts, saying why."""

    reason: Line | None = None
    accepted: Rules = frozenset()


class ReasonBody(Body):
    """Why a planner decides so."""

    reason: Line


async def _publish(work: Work, moved: swap_moves.Moved) -> SwapMovedView:
    for event in moved.published:
        await pipeline.planning_published(work.session, event)
    return SwapMovedView(
        **SwapView.model_validate(moved.swap).model_dump(),
        published=[Published.of(event) for event in moved.published],
    )


@router.get("")
async def list_swaps(
    work: Reader,
    page: WantedPage,
    state: Annotated[Sequence[SwapState], Query()] = (),
    society_id: Wanted = None,
    radiologist_id: Wanted = None,
) -> Page[SwapView]:
    """List one's own swaps and those of one's societies: in some states, of one, of somebody."""
    rows = await repository.list_swaps(
        work.session,
        limit=page.fetch,
        after=page.after,
        states=state,
        society_id=society_id,
        radiologist_id=radiologist_id,
        sight=await find_sight(work.session, actor=work.actor, today=work.today),
    )
    return cut([SwapView.model_validate(row) for row in rows], page=page, keys=[r.id for r in rows])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def offer_swap(body: OfferBody, work: Writer) -> SwapView:
    """Offer a seat that one holds; the other side's rules are looked at first."""
    row = await swaps.offer_swap(
        work.session,
        body.read(),
        actor=work.actor,
        now=work.now,
        today=work.today,
        on_behalf_of=body.on_behalf_of,
    )
    return SwapView.model_validate(row)


@router.post("/check", responses=raises(NotFound, Conflict))
async def check_swap(body: OfferBody, work: Writer) -> list[ViolationView]:
    """Tell what a swap would break on both sides, before it is offered."""
    found = await swaps.check_offer(
        work.session,
        body.read(),
        actor=work.actor,
        now=work.now,
        today=work.today,
        on_behalf_of=body.on_behalf_of,
    )
    return view_violations(found)


@router.get("/{swap_id}", responses=raises(NotFound))
async def show_swap(swap_id: Key, work: Reader) -> SwapDetail:
    """Show a swap and everything that was done to it."""
    sight = await find_sight(work.session, actor=work.actor, today=work.today)
    row = await repository.find_seen(work.session, swap_id, sight=sight)
    events = await repository.list_events(work.session, swap_id)
    return SwapDetail(
        **SwapView.model_validate(row).model_dump(),
        history=[SwapEventView.model_validate(each) for each in events],
    )


@router.post("/{swap_id}/accept", responses=raises(NotFound, Conflict))
async def accept_swap(swap_id: Key, body: SpeakerBody, work: Writer) -> SwapMovedView:
    """Take an offer: in force at once, unless a planner must approve."""
    moved = await swap_moves.accept_swap(
        work.session,
        swap_id,
        actor=work.actor,
        now=work.now,
        today=work.today,
        on_behalf_of=body.on_behalf_of,
    )
    return await _publish(work, moved)


@router.post("/{swap_id}/approve", responses=raises(NotFound, Conflict))
async def approve_swap(swap_id: Key, body: ApprovalBody, work: Publisher) -> SwapMovedView:
    """Put a swap in force that somebody has taken."""
    moved = await swap_moves.approve_swap(
        work.session,
        swap_id,
        actor=work.actor,
        now=work.now,
        reason=body.reason or "",
        accepted=body.accepted,
    )
    return await _publish(work, moved)


@router.post("/{swap_id}/undo", responses=raises(NotFound, Conflict))
async def undo_swap(swap_id: Key, body: ReasonBody, work: Publisher) -> SwapMovedView:
    """Give each their seat back, before any of the guards begins."""
    moved = await swap_moves.undo_swap(
        work.session, swap_id, actor=work.actor, now=work.now, reason=body.reason
    )
    return await _publish(work, moved)


@router.post("/{swap_id}/veto", responses=raises(NotFound, Conflict))
async def veto_swap(swap_id: Key, body: ReasonBody, work: Publisher) -> SwapView:
    """Refuse a swap as the planner."""
    row = await swap_moves.veto_swap(
        work.session, swap_id, actor=work.actor, now=work.now, reason=body.reason
    )
    return SwapView.model_validate(row)


async def _take_back(work: Work, swap_id: int, body: TakenBackBody, action: SwapAction) -> SwapView:
    row = await swap_moves.take_back(
        work.session,
        swap_id,
        action,
        actor=work.actor,
        now=work.now,
        today=work.today,
        on_behalf_of=body.on_behalf_of,
        reason=body.reason or "",
    )
    return SwapView.model_validate(row)


@router.post("/{swap_id}/refuse", responses=raises(NotFound, Conflict))
async def refuse_swap(swap_id: Key, body: TakenBackBody, work: Writer) -> SwapView:
    """Say no to an offer that one is addressed by."""
    return await _take_back(work, swap_id, body, SwapAction.REFUSE)


@router.post("/{swap_id}/withdraw", responses=raises(NotFound, Conflict))
async def withdraw_swap(swap_id: Key, body: TakenBackBody, work: Writer) -> SwapView:
    """Take an offer back before it is in force."""
    return await _take_back(work, swap_id, body, SwapAction.WITHDRAW)


@router.post("/{swap_id}/step-back", responses=raises(NotFound, Conflict))
async def step_back_from_swap(swap_id: Key, body: TakenBackBody, work: Writer) -> SwapView:
    """Give up an offer that one has taken, before it is approved; it is offered again."""
    return await _take_back(work, swap_id, body, SwapAction.STEP_BACK)
