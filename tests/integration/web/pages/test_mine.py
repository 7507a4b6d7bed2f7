"""One's own page and those who look after it: a swap offered, taken, approved, taken back."""

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.models import Swap
from tests.factories.planning import add_absence
from tests.factories.swaps import Stage, add_stage, find_counter, find_held
from tests.integration.web.conftest import SignIn
from tests.integration.web.pages.mine_people import (
    MINE,
    find_hidden,
    find_rpps,
    sign,
    sign_planner,
)


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    """Give a published week with a seat to give and people who are free."""
    return await add_stage(session)


async def find_swap(session: AsyncSession) -> Swap:
    found = await session.scalars(select(Swap).execution_options(populate_existing=True))
    return found.one()


@pytest.mark.asyncio
async def test_a_seat_offered_to_the_society_is_taken_and_both_pages_say_so(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    giver = await sign(session, sign_in, stage.giver)
    taker = await sign(session, sign_in, stage.free[0])
    stranger = await sign(session, sign_in, stage.stranger)

    offered = await giver.post(
        f"{MINE}/swaps", data={"seat": stage.given.seat.id, "note": "a wedding"}
    )
    path = f"{MINE}/swaps/{(await find_swap(session)).id}"
    seen = await taker.get(MINE)
    not_seen = await stranger.get(MINE)
    taken = await taker.post(f"{path}/take")

    assert offered.status_code == taken.status_code == 303
    assert "a wedding" in seen.text
    assert f'action="{path}/take"' in seen.text
    assert "a wedding" not in not_seen.text
    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.free[0]
    for client in (giver, taker):
        page = await client.get(MINE)
        assert "Swaps of the last thirty days" in page.text
        assert "a wedding" in page.text
        assert f'action="{path}/take"' not in page.text


@pytest.mark.asyncio
async def test_an_offer_that_is_taken_is_told_to_the_next_one_in_words(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    giver = await sign(session, sign_in, stage.giver)
    first = await sign(session, sign_in, stage.free[0])
    second = await sign(session, sign_in, stage.free[1])
    await giver.post(f"{MINE}/swaps", data={"seat": stage.given.seat.id})
    path = f"{MINE}/swaps/{(await find_swap(session)).id}"
    await first.post(f"{path}/take")

    late = await second.post(f"{path}/take")
    withdrawn = await giver.post(f"{path}/withdraw")

    assert (late.status_code, withdrawn.status_code) == (409, 409)
    assert "This swap was moved meanwhile" in late.text
    assert "Traceback" not in late.text
    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.free[0]


@pytest.mark.asyncio
async def test_only_the_giver_takes_an_offer_back(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    giver = await sign(session, sign_in, stage.giver)
    colleague = await sign(session, sign_in, stage.free[0])
    await giver.post(f"{MINE}/swaps", data={"seat": stage.given.seat.id})
    path = f"{MINE}/swaps/{(await find_swap(session)).id}/withdraw"

    refused = await colleague.post(path)
    as_if = await colleague.post(path, params={"of": stage.giver})
    page = await colleague.get(MINE)
    own = await giver.get(MINE)
    still = (await find_swap(session)).state
    withdrawn = await giver.post(path)

    assert refused.status_code == as_if.status_code == 403
    assert path not in page.text
    assert path in own.text
    assert still == "offered"
    assert withdrawn.status_code == 303
    assert (await find_swap(session)).state == "withdrawn"


@pytest.mark.asyncio
async def test_a_seat_is_offered_against_one_of_a_colleagues_that_is_chosen_next(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    counter = await find_counter(session, stage)
    taker = counter.radiologist or 0
    giver = await sign(session, sign_in, stage.giver)
    form = {
        "seat": stage.given.seat.id,
        "to": await find_rpps(session, taker),
        "against": "yes",
    }

    asked = await giver.post(f"{MINE}/swaps", data=form)
    nobody_named = await giver.post(f"{MINE}/swaps", data=form | {"to": ""})
    fields = {name: find_hidden(asked.text, name) for name in ("seat", "to", "against", "credit")}
    offered = await giver.post(f"{MINE}/swaps", data=fields | {"counter": counter.seat.id})

    assert asked.status_code == 200
    assert f'<option value="{counter.seat.id}">' in asked.text
    assert nobody_named.status_code == 422
    assert offered.status_code == 303
    swap = await find_swap(session)
    assert (swap.addressed_id, swap.counter_seat_id) == (taker, counter.seat.id)
    other = await sign(session, sign_in, taker)
    assert "in return for" in (await other.get(MINE)).text
    refused = await other.post(f"{MINE}/swaps/{swap.id}/refuse", data={"reason": "no"})
    assert refused.status_code == 303
    assert (await find_swap(session)).state == "refused"


@pytest.mark.asyncio
async def test_a_planner_approves_what_a_planner_must_and_undoes_it(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    giver = await sign(session, sign_in, stage.giver)
    taker = await sign(session, sign_in, stage.free[0])
    planner = await sign_planner(session, sign_in, stage.society)
    await giver.post(f"{MINE}/swaps", data={"seat": stage.given.seat.id, "approval": "yes"})
    number = (await find_swap(session)).id
    path = f"/planning/swaps/{number}"

    await taker.post(f"{MINE}/swaps/{number}/take")
    between = await find_held(session, stage.given.seat.id)
    waiting = await planner.get("/planning/swaps")
    closed = await giver.get("/planning/swaps")
    by_giver = await giver.post(f"{path}/approve")
    approved = await planner.post(f"{path}/approve", data={"reason": "fine"})
    settled = await planner.get("/planning/swaps")
    held = await find_held(session, stage.given.seat.id)
    undone = await planner.post(f"{path}/undo", data={"reason": "neither wants it"})

    assert between.radiologist == stage.giver
    assert f'action="{path}/approve"' in waiting.text
    assert closed.status_code == by_giver.status_code == 403
    assert approved.status_code == undone.status_code == 303
    assert held.radiologist == stage.free[0]
    assert f'action="{path}/undo"' in settled.text
    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.giver


@pytest.mark.asyncio
async def test_a_rule_that_a_swap_came_to_break_is_accepted_by_name_or_not_at_all(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    giver = await sign(session, sign_in, stage.giver)
    taker = await sign(session, sign_in, stage.free[0])
    planner = await sign_planner(session, sign_in, stage.society)
    await giver.post(f"{MINE}/swaps", data={"seat": stage.given.seat.id, "approval": "yes"})
    number = (await find_swap(session)).id
    await taker.post(f"{MINE}/swaps/{number}/take")
    hours = stage.given.seat.interval
    await add_absence(session, stage.free[0], start=hours.start, end=hours.end)

    page = await planner.get("/planning/swaps")
    plain = await planner.post(f"/planning/swaps/{number}/approve", data={"reason": "go"})
    known = await planner.post(
        f"/planning/swaps/{number}/approve", data={"reason": "go", "accepted": "absence"}
    )

    assert "I accept what breaks: an absence" in page.text
    assert plain.status_code == 422
    assert known.status_code == 303


@pytest.mark.asyncio
async def test_a_planner_acts_on_behalf_of_somebody_of_the_society_and_of_nobody_else(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    planner = await sign_planner(session, sign_in, stage.society)

    led = await planner.get(
        "/planning/swaps/for", params={"name": await find_rpps(session, stage.giver)}
    )
    page = await planner.get(led.headers["location"])
    offered = await planner.post(
        f"{MINE}/swaps?of={stage.giver}", data={"seat": stage.given.seat.id}
    )
    other = await planner.get(MINE, params={"of": stage.stranger})

    assert "You act on behalf of" in page.text
    assert offered.headers["location"] == f"{MINE}?of={stage.giver}#offering"
    assert (await find_swap(session)).giver_id == stage.giver
    assert other.status_code == 403
    assert (await planner.get(MINE)).status_code == 403
