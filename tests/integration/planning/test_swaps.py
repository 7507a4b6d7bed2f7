"""Swaps from the offer to the planning and back, with who may say what."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import PermissionDenied
from app.kit.errors import Invalid
from app.planning.domain.errors import NoSuchPlanning, RulesBroken, SeatChanged
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason
from app.planning.domain.swaps import (
    SwapAction,
    SwapOffered,
    SwapState,
    SwapUnknown,
)
from app.planning.models import PlanningRevision, Seat, Swap
from app.planning.repository import assignments, swaps
from app.planning.service.swap_moves import (
    approve_swap,
    take_back,
    undo_swap,
)
from app.planning.service.swaps import Offer, check_offer, offer_swap
from tests.factories.planning import NOW, add_absence, add_planning
from tests.factories.swaps import (
    TODAY,
    accept_offer,
    add_stage,
    find_counter,
    find_held,
    list_actions,
    make_actor,
    make_planner,
    offer_seat,
)


@pytest.mark.asyncio
async def test_a_seat_offered_to_all_is_in_force_for_the_first_colleague_who_takes_it(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage, note="my daughter's birthday")

    moved = await accept_offer(session, swap, stage.free[0])

    held = await find_held(session, stage.given.seat.id)
    assert (held.radiologist, held.society) == (stage.free[0], stage.society)
    assert held.reason is AssignmentReason.SWAP
    (event,) = moved.published
    assert event.radiologist_ids == {stage.giver, stage.free[0]}
    revision = await session.get_one(PlanningRevision, event.revision_id)
    assert (revision.kind, revision.number) == ("swap", event.number)
    assert (swap.state, swap.taker_id, swap.revision_id) == (
        "approved",
        stage.free[0],
        event.revision_id,
    )
    assert await list_actions(session, swap) == [("offer", "offered"), ("take", "approved")]


@pytest.mark.asyncio
async def test_two_seats_change_hands_together(session: AsyncSession) -> None:
    stage = await add_stage(session)
    counter = await find_counter(session, stage)
    taker = counter.radiologist or 0
    swap = await offer_seat(session, stage, addressed=taker, counter_seat=counter.seat.id)

    moved = await accept_offer(session, swap, taker)

    assert len(moved.published) == 1
    assert (await find_held(session, stage.given.seat.id)).radiologist == taker
    assert (await find_held(session, counter.seat.id)).radiologist == stage.giver

    actor = await make_planner(session, stage)
    await undo_swap(session, swap.id, actor=actor, now=NOW, reason="neither wants it")

    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.giver
    assert (await find_held(session, counter.seat.id)).radiologist == taker


@pytest.mark.asyncio
async def test_only_the_society_and_only_the_one_addressed_may_take_it(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage)
    for somebody in (stage.stranger, stage.giver):
        with pytest.raises((PermissionDenied, SeatChanged)):
            await accept_offer(session, swap, somebody)
    await take_back(
        session,
        swap.id,
        SwapAction.WITHDRAW,
        actor=await make_actor(session, radiologist=stage.giver),
        now=NOW,
        today=TODAY,
    )
    again = await offer_seat(session, stage, addressed=stage.free[0])
    with pytest.raises(PermissionDenied):
        await accept_offer(session, again, stage.free[1])

    await accept_offer(session, again, stage.free[0])


@pytest.mark.asyncio
async def test_an_offer_to_somebody_who_would_break_a_rule_is_refused_with_the_rule(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    hours = stage.given.seat.interval
    await add_absence(session, stage.free[0], start=hours.start, end=hours.end)

    with pytest.raises(RulesBroken) as refusal:
        await offer_seat(session, stage, addressed=stage.free[0])

    assert [each.rule for each in refusal.value.violations] == [Rule.ABSENCE]
    swap = await offer_seat(session, stage)
    with pytest.raises(RulesBroken):
        await accept_offer(session, swap, stage.free[0])
    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.giver


@pytest.mark.asyncio
async def test_a_planner_approves_and_may_accept_a_broken_rule_saying_why(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    hours = stage.given.seat.interval
    await add_absence(session, stage.free[0], start=hours.start, end=hours.end)
    swap = await offer_seat(session, stage, needs_approval=True)
    moved = await accept_offer(session, swap, stage.free[0])
    assert (moved.published, swap.state) == ((), "accepted")
    actor = await make_planner(session, stage)

    with pytest.raises(RulesBroken):
        await approve_swap(session, swap.id, actor=actor, now=NOW)
    with pytest.raises(Invalid, match="say why"):
        await approve_swap(session, swap.id, actor=actor, now=NOW, accepted={Rule.ABSENCE})
    await approve_swap(
        session,
        swap.id,
        actor=actor,
        now=NOW,
        accepted={Rule.ABSENCE},
        reason="she comes back early",
    )

    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.free[0]
    assert [action for action, _ in await list_actions(session, swap)] == [
        "offer",
        "accept",
        "approve",
    ]


@pytest.mark.asyncio
async def test_nobody_approves_their_own_swap_nor_that_of_another_society(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage, needs_approval=True)
    await accept_offer(session, swap, stage.free[0])
    elsewhere = next(each for each in stage.group.societies if each != stage.society)

    for actor in (
        await make_actor(session, radiologist=stage.free[0], planner_of=stage.society),
        await make_actor(session, planner_of=elsewhere),
        await make_actor(session, radiologist=stage.free[1]),
    ):
        with pytest.raises(PermissionDenied):
            await approve_swap(session, swap.id, actor=actor, now=NOW)


@pytest.mark.asyncio
async def test_a_swap_with_another_society_always_needs_approval(session: AsyncSession) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage, addressed=stage.stranger)

    assert (await accept_offer(session, swap, stage.stranger)).published == ()
    await approve_swap(session, swap.id, actor=await make_planner(session, stage), now=NOW)

    held = await find_held(session, stage.given.seat.id)
    assert (held.radiologist, held.society) == (stage.stranger, stage.society)


@pytest.mark.asyncio
async def test_a_seat_is_offered_once_at_a_time(session: AsyncSession) -> None:
    stage = await add_stage(session)
    first = await offer_seat(session, stage)

    with pytest.raises(SwapOffered, match="already"):
        await offer_seat(session, stage, addressed=stage.free[0])

    count = select(func.count()).select_from(Swap)
    assert (await session.execute(count)).scalar_one() == 1
    assert (await swaps.list_swaps(session, limit=5, states=[SwapState.OFFERED])) == [first]
    assert await swaps.list_swaps(session, limit=5, radiologist_id=stage.free[0]) == []


@pytest.mark.asyncio
async def test_terms_that_say_nothing_are_refused(session: AsyncSession) -> None:
    stage = await add_stage(session)
    other = next(
        each.seat.id
        for each in await assignments.list_in_force(session)
        if each.radiologist == stage.free[0]
    )
    with pytest.raises(Invalid, match="name who gives"):
        await offer_seat(session, stage, counter_seat=other)
    with pytest.raises(Invalid, match="themselves"):
        await offer_seat(session, stage, addressed=stage.giver)
    with pytest.raises(SeatChanged):
        await offer_seat(session, stage, addressed=stage.free[1], counter_seat=other)
    with pytest.raises(SwapUnknown):
        await swaps.find_swap(session, 0)
    planning = await add_planning(session, first=TODAY + timedelta(days=30))
    unpublished = select(func.min(Seat.id)).where(
        Seat.guard_id.in_(
            text("(SELECT id FROM guard WHERE planning_id = :planning)").bindparams(
                planning=planning
            )
        )
    )
    giver = await make_actor(session, radiologist=stage.giver)
    seat = (await session.execute(unpublished)).scalar_one()
    with pytest.raises(NoSuchPlanning, match="not published"):
        await offer_swap(session, Offer(seat=seat), actor=giver, now=NOW, today=TODAY)


@pytest.mark.asyncio
async def test_what_a_swap_would_break_is_told_before_it_is_offered(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    hours = stage.given.seat.interval
    await add_absence(session, stage.free[0], start=hours.start, end=hours.end)
    giver = await make_actor(session, radiologist=stage.giver)

    async def check(addressed: int | None) -> list[Rule]:
        asked = Offer(seat=stage.given.seat.id, addressed=addressed)
        found = await check_offer(session, asked, actor=giver, now=NOW, today=TODAY)
        return [each.rule for each in found if each.severity.value != "soft"]

    assert await check(stage.free[0]) == [Rule.ABSENCE]
    assert await check(stage.free[1]) == []
    assert await check(None) == []
    assert await swaps.list_swaps(session, limit=1) == []


@pytest.mark.asyncio
async def test_history_is_never_changed(session: AsyncSession) -> None:
    stage = await add_stage(session)
    await offer_seat(session, stage)

    with pytest.raises(DBAPIError, match="swap_event"):
        async with session.begin_nested():
            await session.execute(text("UPDATE swap_event SET action = 'nothing'"))
