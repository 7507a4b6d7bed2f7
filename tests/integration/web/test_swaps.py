"""Swaps over the API: offered, taken, approved, taken back, and who hears no."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Grant, Role
from tests.factories.directory import add_user
from tests.factories.planning import add_absence
from tests.factories.swaps import Stage, add_stage
from tests.integration.web.conftest import SignIn

SWAPS = "/api/v1/swaps"
As = Callable[[int], Awaitable[httpx.AsyncClient]]


def radiologists(session: AsyncSession, sign_in: SignIn) -> As:
    """Sign radiologists in by id."""

    async def sign(radiologist: int) -> httpx.AsyncClient:
        return await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=radiologist))

    return sign


async def sign_planner(session: AsyncSession, sign_in: SignIn, stage: Stage) -> httpx.AsyncClient:
    return await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=stage.society)))


@pytest.mark.asyncio
async def test_a_swap_is_offered_taken_and_told_with_its_history(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    sign = radiologists(session, sign_in)
    giver, taker = await sign(stage.giver), await sign(stage.free[0])
    stranger = await sign(stage.stranger)

    offered = await giver.post(SWAPS, json={"seat_id": stage.given.seat.id, "note": "a wedding"})
    path = f"{SWAPS}/{offered.json()['id']}"
    refused = await stranger.post(f"{path}/accept", json={})
    taken = await taker.post(f"{path}/accept", json={})
    again = await taker.post(f"{path}/accept", json={})
    withdrawn = await giver.post(f"{path}/withdraw", json={})

    assert (offered.status_code, offered.json()["state"]) == (201, "offered")
    assert refused.status_code == 403
    assert taken.json()["state"] == "approved"
    assert taken.json()["taker_id"] == stage.free[0]
    (published,) = taken.json()["published"]
    assert published["seat_ids"] == [stage.given.seat.id]
    assert (again.status_code, withdrawn.status_code) == (409, 409)
    shown = (await taker.get(path)).json()
    assert [(each["action"], each["state"]) for each in shown["history"]] == [
        ("offer", "offered"),
        ("take", "approved"),
    ]
    seat = (await giver.get(f"/api/v1/seats/{stage.given.seat.id}")).json()
    assert (seat["radiologist_id"], seat["reason"]) == (stage.free[0], "swap")


@pytest.mark.asyncio
async def test_a_swap_and_its_note_are_seen_by_its_society_and_its_sides_alone(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    sign = radiologists(session, sign_in)
    giver = await sign(stage.giver)
    (other,) = [each for each in stage.group.radiologists if each != stage.society]
    grant = Grant(Role.PLANNER, society_id=other)
    outside = [await sign(stage.stranger), await sign_in(await add_user(session, grant))]
    inside = [
        giver,
        await sign(stage.free[0]),
        await sign_planner(session, sign_in, stage),
        await sign_in(await add_user(session, Role.AUDITOR)),
    ]
    body = {"seat_id": stage.given.seat.id, "note": "a wedding"}
    offered = (await giver.post(SWAPS, json=body)).json()["id"]

    async def look(client: httpx.AsyncClient) -> tuple[list[int], int]:
        listed = (await client.get(SWAPS)).json()["items"]
        return [each["id"] for each in listed], (await client.get(f"{SWAPS}/{offered}")).status_code

    assert [await look(each) for each in outside] == [([], 404)] * 2
    assert [await look(each) for each in inside] == [([offered], 200)] * 4
    await giver.post(f"{SWAPS}/{offered}/withdraw", json={})
    again = body | {"addressed_id": stage.stranger}
    addressed = (await giver.post(SWAPS, json=again)).json()["id"]

    assert [(await look(each))[0] for each in outside] == [[addressed]] * 2


@pytest.mark.asyncio
async def test_a_planner_approves_vetoes_and_undoes(session: AsyncSession, sign_in: SignIn) -> None:
    stage = await add_stage(session)
    sign = radiologists(session, sign_in)
    giver, taker = await sign(stage.giver), await sign(stage.free[0])
    planner = await sign_planner(session, sign_in, stage)
    body = {"seat_id": stage.given.seat.id, "needs_approval": True}

    first = f"{SWAPS}/{(await giver.post(SWAPS, json=body)).json()['id']}"
    taken = await taker.post(f"{first}/accept", json={})
    own = await taker.post(f"{first}/approve", json={})
    stepped = await taker.post(f"{first}/step-back", json={"reason": "I cannot"})
    vetoed = await planner.post(f"{first}/veto", json={"reason": "too few that night"})
    second = f"{SWAPS}/{(await giver.post(SWAPS, json=body)).json()['id']}"
    await taker.post(f"{second}/accept", json={})
    approved = await planner.post(f"{second}/approve", json={})
    undone = await planner.post(f"{second}/undo", json={"reason": "a mistake"})

    assert (taken.json()["state"], taken.json()["published"]) == ("accepted", [])
    assert own.status_code == 403
    assert stepped.json()["state"] == "offered"
    assert vetoed.json()["state"] == "refused"
    assert approved.json()["state"] == "approved"
    assert undone.json()["state"] == "undone"
    assert undone.json()["published"][0]["number"] == approved.json()["published"][0]["number"] + 1
    listed = await planner.get(SWAPS, params={"state": ["undone", "refused"]})
    assert [each["state"] for each in listed.json()["items"]] == ["refused", "undone"]


@pytest.mark.asyncio
async def test_what_it_would_break_is_told_first_and_then_refused(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    hours = stage.given.seat.interval
    await add_absence(session, stage.free[0], start=hours.start, end=hours.end)
    giver = await radiologists(session, sign_in)(stage.giver)
    body = {"seat_id": stage.given.seat.id, "addressed_id": stage.free[0]}

    checked = await giver.post(f"{SWAPS}/check", json=body)
    offered = await giver.post(SWAPS, json=body)

    told = [each for each in checked.json() if each["severity"] == "hard"]
    assert [(each["rule"], each["seats"]) for each in told] == [("absence", [stage.given.seat.id])]
    assert offered.status_code == 422
    assert "is absent" in offered.json()["detail"]


@pytest.mark.asyncio
async def test_after_the_guard_began_a_swap_is_refused(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    stage = await add_stage(session)
    sign = radiologists(session, sign_in)
    offered = await (await sign(stage.giver)).post(SWAPS, json={"seat_id": stage.given.seat.id})
    clock.instant = stage.given.seat.interval.start
    taker = await sign(stage.free[0])

    late = await taker.post(f"{SWAPS}/{offered.json()['id']}/accept", json={})

    assert late.status_code == 409
    assert "look for a replacement" in late.json()["detail"]


@pytest.mark.asyncio
async def test_a_planner_speaks_for_others_and_a_radiologist_does_not(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    planner = await sign_planner(session, sign_in, stage)
    colleague = await radiologists(session, sign_in)(stage.free[0])
    body = {"seat_id": stage.given.seat.id, "on_behalf_of": stage.giver}

    refused = await colleague.post(SWAPS, json=body)
    offered = await planner.post(SWAPS, json=body)
    accepted = await planner.post(
        f"{SWAPS}/{offered.json()['id']}/accept", json={"on_behalf_of": stage.free[0]}
    )

    assert refused.status_code == 403
    assert accepted.json()["taker_id"] == stage.free[0]
    missing = await planner.get(f"{SWAPS}/999999999")
    assert missing.status_code == 404
