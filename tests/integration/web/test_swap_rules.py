"""How societies swap, set over the API: what then holds, who may set it, and what is kept."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from tests.factories.directory import add_user
from tests.factories.swaps import Stage, add_stage
from tests.integration.web.conftest import SignIn

RULES, SWAPS = "/api/v1/swap-rules", "/api/v1/swaps"
STRICT = {"needs_approval": True, "credit_to": "taker"}


def planner_of(society: int) -> Grant:
    return Grant(Role.PLANNER, society_id=society)


def other_society(stage: Stage) -> int:
    return next(each for each in stage.group.societies if each != stage.society)


@pytest.mark.asyncio
async def test_what_a_society_has_set_holds_for_every_swap_of_its_members(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    planner = await sign_in(await add_user(session, planner_of(stage.society)))
    giver = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.giver))
    taker = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.free[0]))
    body = {"seat_id": stage.given.seat.id}

    before = (await planner.get(RULES)).json()
    put = await planner.put(f"{RULES}/{stage.society}", json=STRICT)
    refused = await giver.post(SWAPS, json={**body, "credit_to": "giver"})
    offered = await giver.post(SWAPS, json=body)
    taken = await taker.post(f"{SWAPS}/{offered.json()['id']}/accept", json={})

    usual = {"needs_approval": False, "credit_to": None}
    assert {"society_id": stage.society, **usual} in before
    assert put.json() == {"society_id": stage.society, **STRICT}
    assert refused.status_code == 422
    assert "this society has set that the credit goes to the taker" in refused.json()["detail"]
    assert (offered.json()["needs_approval"], offered.json()["credit_to"]) == (True, "taker")
    assert taken.json()["state"] == "accepted"


@pytest.mark.asyncio
async def test_the_last_rules_are_in_force_and_the_others_are_kept(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    user = await add_user(session, planner_of(stage.society))
    planner = await sign_in(user)
    path = f"{RULES}/{stage.society}"

    await planner.put(path, json=STRICT)
    await planner.put(path, json={"needs_approval": False})
    shown = (await planner.get(path, params={"limit": 1})).json()
    listed = (await planner.get(RULES)).json()

    assert (shown["needs_approval"], shown["credit_to"]) == (False, None)
    (last,) = shown["history"]["items"]
    assert (last["needs_approval"], last["set_by_name"]) == (False, user.display_name)
    older = await planner.get(path, params={"after": shown["history"]["next"]})
    assert [each["credit_to"] for each in older.json()["history"]["items"]] == ["taker"]
    (own,) = (each for each in listed if each["society_id"] == stage.society)
    assert own["needs_approval"] is False


@pytest.mark.asyncio
async def test_only_a_planner_of_the_society_sets_its_rules(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await add_stage(session)
    stranger = await sign_in(await add_user(session, planner_of(other_society(stage))))
    radiologist = await sign_in(
        await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.giver)
    )
    group = await sign_in(await add_user(session, Role.PLANNER))

    answers = [
        await stranger.put(f"{RULES}/{stage.society}", json=STRICT),
        await radiologist.put(f"{RULES}/{stage.society}", json=STRICT),
        await group.put(f"{RULES}/999999", json=STRICT),
        await group.put(f"{RULES}/{stage.society}", json={**STRICT, "credit_to": "both"}),
        await group.put(f"{RULES}/{stage.society}", json=STRICT),
    ]

    assert [each.status_code for each in answers] == [403, 403, 404, 422, 200]
    assert (await radiologist.get(f"{RULES}/999999")).status_code == 404
