"""Swaps that a planner looks after: approved, refused, undone, or spoken for on behalf."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.directory.domain import Permission, PermissionDenied, may, scope_of
from app.planning.domain.errors import NoSuchPlanning, SeatChanged
from app.planning.domain.roster.profile import Rule
from app.planning.domain.swaps import OPEN, PARTIES, Party, SwapAction, SwapState
from app.planning.domain.validator import Severity
from app.planning.models import Swap
from app.planning.repository import names, swaps
from app.planning.repository.swap_lists import list_settled
from app.planning.service import editing, swap_moves
from app.planning.service.oneself import beyond_oneself
from app.planning.service.swap_exchanges import find_exchange, judge_swap
from app.web.pages.door import Visit, visit
from app.web.pages.mine_view import LATELY, SwapShown, show_swaps
from app.web.pages.mine_words import SWAP_STATES
from app.web.pages.planning_words import RULES
from app.web.pages.rendering import render_page
from app.web.schemas import Key

router = APIRouter(prefix="/planning/swaps")

Swapper = Annotated[Visit, visit(Permission.SWAP_WRITE)]
Publisher = Annotated[Visit, visit(Permission.PLANNING_PUBLISH)]
Reason = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
NeededReason = Annotated[str, Form(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_PLANNERS = (SwapAction.APPROVE, SwapAction.REFUSE, SwapAction.UNDO)
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapsPage:
    """Swaps of the societies for which somebody plans.

    Parameters
    ----------
    broken
        By swap: the hard rules that approving it would break, each to be accepted knowingly. A
        waiting swap that is not here has a seat with another holder meanwhile.
    people
        Who can be typed, to speak for them.
    """

    waiting: Sequence[SwapShown]
    offered: Sequence[SwapShown]
    lately: Sequence[SwapShown]
    broken: dict[int, tuple[Rule, ...]]
    people: Sequence[str]


@router.get("")
async def show_page(guest: Swapper) -> HTMLResponse:
    """Show swaps that wait for a planner, that are offered, and that came to rest lately."""
    scope = scope_of(beyond_oneself(guest.work.actor), Permission.SWAP_WRITE)
    if scope.is_empty:
        raise PermissionDenied(Permission.SWAP_WRITE)
    rows = [
        each
        for each in await swaps.list_swaps(guest.session, limit=_MOST, states=OPEN)
        if scope.covers(society_id=each.society_id)
    ]
    settled = await list_settled(
        guest.session,
        since=guest.work.now - LATELY,
        limit=_MOST,
        society_ids=None if scope.everything else scope.society_ids,
    )
    shown = await _show(guest, rows)
    waiting = [each for each in shown if each.state is SwapState.ACCEPTED]
    page = SwapsPage(
        waiting=waiting,
        offered=[each for each in shown if each.state is SwapState.OFFERED],
        lately=await _show(guest, settled),
        broken=await _find_broken(guest, rows, waiting=waiting),
        people=[
            f"{each.family_name} {each.given_name}"
            for each in await names.list_named(guest.session)
        ],
    )
    return render_page(
        "planning/swaps.html", frame=guest.frame, view=page, states=SWAP_STATES, rules=RULES
    )


async def _show(guest: Visit, rows: Sequence[Swap]) -> list[SwapShown]:
    """Show swaps with what a planner may do, who has no side in them."""
    return [
        each if each.has_begun else replace(each, actions=_find_actions(guest, each))
        for each in await show_swaps(guest, rows)
    ]


def _find_actions(guest: Visit, swap: SwapShown) -> frozenset[SwapAction]:
    actor = guest.work.actor
    own = actor.radiologist_id
    has_side = own is not None and own in {swap.giver_id, swap.taker_id}
    if has_side or not may(actor, Permission.PLANNING_PUBLISH, society_id=swap.society_id):
        return frozenset()
    return frozenset(
        action
        for action in _PLANNERS
        if Party.PLANNER in PARTIES.get((swap.state, action), frozenset())
    )


async def _find_broken(
    guest: Visit, rows: Sequence[Swap], *, waiting: Sequence[SwapShown]
) -> dict[int, tuple[Rule, ...]]:
    """Find the hard rules that each of the waiting swaps would break now."""
    by_id = {each.id: each for each in rows}
    broken: dict[int, tuple[Rule, ...]] = {}
    for each in waiting:
        if SwapAction.APPROVE not in each.actions or each.taker_id is None:
            continue
        terms = swaps.read_terms(by_id[each.id])
        try:
            held = await find_exchange(
                guest.session, terms, taker=each.taker_id, now=guest.work.now
            )
        except (SeatChanged, NoSuchPlanning):
            # Edited meanwhile: the page says so, and nothing can be approved.
            continue
        found = await judge_swap(guest.session, held, taker=each.taker_id)
        hard = {one.rule for one in found if one.severity is Severity.HARD}
        broken[each.id] = tuple(sorted(hard))
    return broken


@router.get("/for")
async def find_somebody(guest: Swapper, name: Name) -> Response:
    """Lead to the guards of whoever was typed, to speak for them."""
    found = await editing.find_by_name(guest.session, name.strip())
    return RedirectResponse(f"/planning/mine?of={found}", 303)


async def _publish(guest: Visit, moved: swap_moves.Moved) -> Response:
    for event in moved.published:
        await pipeline.planning_published(guest.session, event)
    return RedirectResponse("/planning/swaps", 303)


@router.post("/{swap_id}/approve")
async def approve(
    swap_id: Key,
    guest: Publisher,
    reason: Reason = "",
    accepted: Annotated[list[Rule] | None, Form()] = None,
) -> Response:
    """Put a swap in force that somebody has taken."""
    moved = await swap_moves.approve_swap(
        guest.session,
        swap_id,
        actor=guest.work.actor,
        now=guest.work.now,
        reason=reason.strip(),
        accepted=accepted or (),
    )
    return await _publish(guest, moved)


@router.post("/{swap_id}/undo")
async def undo(swap_id: Key, guest: Publisher, reason: NeededReason) -> Response:
    """Give each their seat back, before any of the guards begins."""
    moved = await swap_moves.undo_swap(
        guest.session, swap_id, actor=guest.work.actor, now=guest.work.now, reason=reason.strip()
    )
    return await _publish(guest, moved)


@router.post("/{swap_id}/refuse")
async def refuse(swap_id: Key, guest: Publisher, reason: NeededReason) -> Response:
    """Refuse a swap as the planner, offered or taken."""
    await swap_moves.veto_swap(
        guest.session, swap_id, actor=guest.work.actor, now=guest.work.now, reason=reason.strip()
    )
    return RedirectResponse("/planning/swaps", 303)
