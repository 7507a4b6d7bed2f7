"""Two who really commit at the same moment want one swap: one has it, the other is told why."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM, Actor
from app.kit.errors import AppError
from app.planning.domain.errors import SeatChanged
from app.planning.domain.sharing.ledger import find_faults
from app.planning.domain.swaps import SwapAction, SwapMoveRefused, SwapOffered, SwapTooLate
from app.planning.models import Assignment, PlanningRevision, Swap, SwapEvent
from app.planning.repository import ledger
from app.planning.service.publishing import LOCK, assign_seat
from app.planning.service.swap_moves import accept_swap, take_back
from app.planning.service.swaps import Offer, offer_swap
from tests.factories.planning import NOW
from tests.factories.rings import wait_for_waiter
from tests.factories.swaps import TODAY, Stage, add_stage, find_held, make_actor

Act = Callable[[AsyncSession], Awaitable[object]]


async def run_together(sessions: Sessions, *acts: Act) -> list[AppError | None]:
    """Let all units of work act at one moment, and return what each was told."""
    barrier = asyncio.Barrier(len(acts))

    async def run(act: Act) -> AppError | None:
        try:
            async with unit_of_work(sessions) as session:
                await session.execute(select(1))
                await barrier.wait()
                await act(session)
        except AppError as error:
            return error
        return None

    async with asyncio.timeout(30):
        return list(await asyncio.gather(*(run(act) for act in acts)))


async def set_stage(sessions: Sessions) -> tuple[Stage, list[Actor]]:
    async with unit_of_work(sessions) as session:
        stage = await add_stage(session)
        people = [stage.giver, *stage.free[:2]]
        return stage, [await make_actor(session, radiologist=each) for each in people]


async def add_offer(sessions: Sessions, stage: Stage, giver: Actor) -> int:
    async with unit_of_work(sessions) as session:
        asked = Offer(seat=stage.given.seat.id)
        return (await offer_swap(session, asked, actor=giver, now=NOW, today=TODAY)).id


def accept(swap: int, actor: Actor) -> Act:
    return lambda session: accept_swap(session, swap, actor=actor, now=NOW, today=TODAY)


@pytest.mark.asyncio
async def test_of_two_takers_of_one_offer_one_has_the_seat(sessions: Sessions) -> None:
    stage, (giver, one, other) = await set_stage(sessions)
    swap = await add_offer(sessions, stage, giver)

    told = await run_together(sessions, accept(swap, one), accept(swap, other))

    assert [type(each) for each in told if each] == [SwapMoveRefused]
    winner = (one, other)[told.index(None)]
    async with unit_of_work(sessions) as session:
        holder = select(Assignment.radiologist_id).where(
            Assignment.seat_id == stage.given.seat.id, Assignment.in_force
        )
        assert (await session.execute(holder)).scalar_one() == winner.radiologist_id
        revisions = select(func.count()).where(PlanningRevision.kind == "swap")
        assert (await session.execute(revisions)).scalar_one() == 1
        actions = select(SwapEvent.action).order_by(SwapEvent.id)
        assert list((await session.scalars(actions)).all()) == ["offer", "take"]


@pytest.mark.asyncio
async def test_an_offer_that_is_taken_and_withdrawn_at_once_is_one_of_the_two(
    sessions: Sessions,
) -> None:
    stage, (giver, one, _) = await set_stage(sessions)
    swap = await add_offer(sessions, stage, giver)

    def withdraw(session: AsyncSession) -> Awaitable[object]:
        return take_back(session, swap, SwapAction.WITHDRAW, actor=giver, now=NOW, today=TODAY)

    told = await run_together(sessions, accept(swap, one), withdraw)

    assert [type(each) for each in told if each] == [SwapMoveRefused]
    async with unit_of_work(sessions) as session:
        state = (await session.get_one(Swap, swap)).state
        holder = select(Assignment.radiologist_id).where(
            Assignment.seat_id == stage.given.seat.id, Assignment.in_force
        )
        held_by = (await session.execute(holder)).scalar_one()
    assert (state, held_by) == (
        ("approved", one.radiologist_id) if told[0] is None else ("withdrawn", stage.giver)
    )


@pytest.mark.asyncio
async def test_a_seat_that_is_taken_and_edited_at_once_has_one_new_holder(
    sessions: Sessions,
) -> None:
    stage, (giver, one, other) = await set_stage(sessions)
    swap = await add_offer(sessions, stage, giver)

    def edit(session: AsyncSession) -> Awaitable[object]:
        return assign_seat(
            session,
            seat_id=stage.given.seat.id,
            radiologist_id=other.radiologist_id,
            seen=stage.giver,
            actor=SYSTEM,
            now=NOW,
        )

    told = await run_together(sessions, accept(swap, one), edit)

    assert [type(each) for each in told if each] == [SeatChanged]
    async with unit_of_work(sessions) as session:
        held = await find_held(session, stage.given.seat.id)
        assert held.radiologist == (one, other)[told.index(None)].radiologist_id
        assert (await session.get_one(Swap, swap)).state == ("approved", "offered")[
            told.index(None)
        ]
        assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_one_seat_offered_twice_at_once_is_offered_once(sessions: Sessions) -> None:
    stage, (giver, _, _) = await set_stage(sessions)

    def offer(session: AsyncSession) -> Awaitable[object]:
        asked = Offer(seat=stage.given.seat.id)
        return offer_swap(session, asked, actor=giver, now=NOW, today=TODAY)

    told = await run_together(sessions, offer, offer)

    assert [type(each) for each in told if each] == [SwapOffered]


@pytest.mark.asyncio
async def test_who_waited_until_the_guard_had_begun_is_too_late(sessions: Sessions) -> None:
    stage, (giver, one, _) = await set_stage(sessions)
    swap = await add_offer(sessions, stage, giver)
    pressed = stage.given.seat.interval.start - timedelta(milliseconds=200)

    async def press(session: AsyncSession) -> object:
        return await accept_swap(session, swap, actor=one, now=pressed, today=TODAY)

    async with unit_of_work(sessions) as publishing:
        await wait_for_lock(publishing, LOCK)
        told = asyncio.create_task(run_together(sessions, press))
        await wait_for_waiter(sessions)
        # For so long another one publishes, and meanwhile the guard begins.
        await asyncio.sleep(0.3)

    assert [type(each) for each in await told] == [SwapTooLate]
