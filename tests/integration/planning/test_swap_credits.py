"""The account between societies follows a swap, by its credit rule, and back."""

from collections import Counter

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.planning.domain.sharing.ledger import GUARDS, EntryKind
from app.planning.domain.sharing.postings import CreditRule
from app.planning.repository import ledger
from app.planning.service.publishing import assign_seat
from app.planning.service.swap_moves import approve_swap, undo_swap
from tests.factories.planning import NOW
from tests.factories.swaps import Stage, accept_offer, add_stage, make_planner, offer_seat


async def sum_up(session: AsyncSession, stage: Stage) -> dict[int, int]:
    """Sum what the account says of the swapped seat, by society, in millionths."""
    seat = stage.given.seat.id
    entries = (await ledger.list_of_seats(session, [seat])).get(seat, [])
    assert {each.entry for each in entries} <= {EntryKind.SWAP}
    sums: Counter[int] = Counter()
    for each in entries:
        sums[each.society] += each.millionths if each.counter == GUARDS else 0
    assert sum(sums.values()) == 0
    return {society: millionths for society, millionths in sums.items() if millionths}


def other_society(stage: Stage) -> int:
    return next(each for each in stage.group.societies if each != stage.society)


async def swap_with_stranger(session: AsyncSession, stage: Stage, credit: CreditRule) -> int:
    swap = await offer_seat(session, stage, addressed=stage.stranger, credit=credit)
    await accept_offer(session, swap, stage.stranger)
    await approve_swap(session, swap.id, actor=await make_planner(session, stage), now=NOW)
    return swap.id


@pytest.mark.asyncio
async def test_with_credit_to_the_taker_the_seat_is_counted_for_their_society(
    session: AsyncSession,
) -> None:
    stage = await add_stage(session)
    swap = await swap_with_stranger(session, stage, CreditRule.TAKER)

    assert await sum_up(session, stage) == {
        stage.society: 1_000_000,
        other_society(stage): -1_000_000,
    }

    actor = await make_planner(session, stage)
    await undo_swap(session, swap, actor=actor, now=NOW, reason="a mistake")
    assert await sum_up(session, stage) == {}


@pytest.mark.asyncio
async def test_an_edit_that_ends_a_swap_ends_its_credit(session: AsyncSession) -> None:
    stage = await add_stage(session)
    await swap_with_stranger(session, stage, CreditRule.TAKER)

    await assign_seat(
        session,
        seat_id=stage.given.seat.id,
        radiologist_id=stage.free[0],
        seen=stage.stranger,
        actor=SYSTEM,
        now=NOW,
    )

    assert await sum_up(session, stage) == {}


@pytest.mark.asyncio
async def test_with_credit_to_the_giver_nothing_is_posted(session: AsyncSession) -> None:
    stage = await add_stage(session)
    await swap_with_stranger(session, stage, CreditRule.GIVER)

    assert await ledger.list_of_seats(session, [stage.given.seat.id]) == {}


@pytest.mark.asyncio
async def test_inside_one_society_nothing_is_posted(session: AsyncSession) -> None:
    stage = await add_stage(session)
    swap = await offer_seat(session, stage, credit=CreditRule.TAKER)
    await accept_offer(session, swap, stage.free[0])

    assert await ledger.list_of_seats(session, [stage.given.seat.id]) == {}
