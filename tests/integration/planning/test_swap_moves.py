"""Swaps that are taken back, refused, undone, too late; and who speaks for whom."""

from datetime import timedelta

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, PermissionDenied
from app.planning.domain.errors import SeatChanged
from app.planning.domain.swaps import (
    SwapAction,
    SwapMoveRefused,
    SwapState,
    SwapTooLate,
)
from app.planning.models import Seat
from app.planning.repository import swaps
from app.planning.service.publishing import assign_seat
from app.planning.service.swap_moves import (
    accept_swap,
    expire_swaps,
    take_back,
    undo_swap,
    veto_swap,
)
from app.planning.service.swaps import Offer, offer_swap
from tests.factories.planning import NOW
from tests.factories.swaps import (
    TODAY,
    accept_offer,
    add_stage,
    find_held,
    list_actions,
    make_actor,
    make_planner,
    offer_seat,
)


@pytest.mark.asyncio
async def test_whoever_took_it_steps_back_and_it_is_offered_again(session: AsyncSession) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage, needs_approval=True)
    await accept_offer(session, swap, stage.free[0])
    taker = await make_actor(session, radiologist=stage.free[0])
    other = await make_actor(session, radiologist=stage.free[1])

    with pytest.raises(PermissionDenied):
        await take_back(session, swap.id, SwapAction.STEP_BACK, actor=other, now=NOW, today=TODAY)
    await take_back(session, swap.id, SwapAction.STEP_BACK, actor=taker, now=NOW, today=TODAY)

    assert (swap.state, swap.taker_id) == ("offered", None)
    await accept_offer(session, swap, stage.free[1])
    assert swap.taker_id == stage.free[1]


@pytest.mark.asyncio
async def test_the_one_addressed_says_no_and_a_planner_may_too(session: AsyncSession) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage, addressed=stage.free[0])
    addressed = await make_actor(session, radiologist=stage.free[0])
    await take_back(session, swap.id, SwapAction.REFUSE, actor=addressed, now=NOW, today=TODAY)
    again = await offer_seat(session, stage)
    with pytest.raises(PermissionDenied):
        await take_back(session, again.id, SwapAction.REFUSE, actor=addressed, now=NOW, today=TODAY)

    await veto_swap(
        session, again.id, actor=await make_planner(session, stage), now=NOW, reason="we need him"
    )

    assert (swap.state, again.state) == ("refused", "refused")
    (_, veto) = await swaps.list_events(session, again.id)
    assert veto.reason == "we need him"
    with pytest.raises(SwapMoveRefused):
        await accept_offer(session, again, stage.free[1])


@pytest.mark.asyncio
async def test_a_planner_acts_on_behalf_of_both_and_history_says_so(session: AsyncSession) -> None:
    stage = await add_stage(session)
    actor = await make_planner(session, stage)

    swap = await offer_swap(
        session,
        Offer(seat=stage.given.seat.id),
        actor=actor,
        now=NOW,
        today=TODAY,
        on_behalf_of=stage.giver,
    )
    await accept_swap(
        session, swap.id, actor=actor, now=NOW, today=TODAY, on_behalf_of=stage.free[0]
    )

    events = await swaps.list_events(session, swap.id)
    assert [(each.by, each.on_behalf_of) for each in events] == [
        (actor.user_id, stage.giver),
        (actor.user_id, stage.free[0]),
    ]


@pytest.mark.asyncio
async def test_a_radiologist_speaks_for_nobody_else(session: AsyncSession) -> None:
    stage = await add_stage(session)
    colleague = await make_actor(session, radiologist=stage.free[0])

    for actor in (colleague, SYSTEM):
        with pytest.raises(PermissionDenied):
            await offer_swap(
                session,
                Offer(seat=stage.given.seat.id),
                actor=actor,
                now=NOW,
                today=TODAY,
                on_behalf_of=stage.giver if actor is colleague else None,
            )


@pytest.mark.asyncio
async def test_a_swap_is_undone_by_another_revision_and_only_by_a_planner(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage)
    first = (await accept_offer(session, swap, stage.free[0])).published[0]
    taker = await make_actor(session, radiologist=stage.free[0])
    with pytest.raises(PermissionDenied):
        await undo_swap(session, swap.id, actor=taker, now=NOW, reason="no")

    moved = await undo_swap(
        session, swap.id, actor=await make_planner(session, stage), now=NOW, reason="a mistake"
    )

    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.giver
    assert moved.published[0].number == first.number + 1
    assert (swap.state, swap.revision_id) == ("undone", first.revision_id)
    with pytest.raises(SwapMoveRefused):
        await undo_swap(
            session, swap.id, actor=await make_planner(session, stage), now=NOW, reason="again"
        )


@pytest.mark.asyncio
async def test_nothing_is_swapped_once_the_guard_has_begun(session: AsyncSession) -> None:
    stage = await add_stage(session)
    begun = stage.given.seat.interval.start
    swap = await offer_seat(session, stage)
    taker = await make_actor(session, radiologist=stage.free[0])

    with pytest.raises(SwapTooLate, match=f"seat {stage.given.seat.id} began"):
        await accept_swap(session, swap.id, actor=taker, now=begun, today=TODAY)
    assert await expire_swaps(session, now=begun - timedelta(seconds=1)) == 0
    assert await expire_swaps(session, now=begun) == 1
    assert await expire_swaps(session, now=begun) == 0

    await session.refresh(swap)
    assert swap.state == SwapState.EXPIRED
    assert (await list_actions(session, swap))[-1] == ("expire", "expired")
    giver = await make_actor(session, radiologist=stage.giver)
    with pytest.raises(SwapTooLate):
        await offer_swap(
            session, Offer(seat=stage.given.seat.id), actor=giver, now=begun, today=TODAY
        )


@pytest.mark.asyncio
async def test_a_swap_in_force_is_not_undone_once_the_guard_has_begun(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage)
    await accept_offer(session, swap, stage.free[0])

    with pytest.raises(SwapTooLate):
        await undo_swap(
            session,
            swap.id,
            actor=await make_planner(session, stage),
            now=stage.given.seat.interval.start,
            reason="too late",
        )


@pytest.mark.asyncio
async def test_a_swap_is_bound_to_the_seat_and_not_to_its_hours(session: AsyncSession) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage)
    row = await session.get_one(Seat, stage.given.seat.id)
    later = timedelta(minutes=30)
    hours = stage.given.seat.interval
    row.period = Range(hours.start + later, hours.end)
    await session.flush()

    await accept_offer(session, swap, stage.free[0])

    held = await find_held(session, stage.given.seat.id)
    assert held.seat.interval.start == stage.given.seat.interval.start + later


@pytest.mark.asyncio
async def test_a_seat_that_changed_hands_meanwhile_is_not_swapped(session: AsyncSession) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage)
    await assign_seat(
        session,
        seat_id=stage.given.seat.id,
        radiologist_id=stage.free[2],
        seen=stage.giver,
        actor=SYSTEM,
        now=NOW,
    )

    with pytest.raises(SeatChanged, match=f"radiologist {stage.free[2]} holds it"):
        await accept_offer(session, swap, stage.free[0])
