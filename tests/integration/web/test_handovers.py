"""Check-ins and handovers over the API: what programs see, and may do."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Role
from app.directory.models import RoleGrant, User
from tests.factories.relief import Relief, lay_relief, look, offer_one
from tests.factories.stage import NIGHT, add_user
from tests.integration.web.conftest import SignIn

MINUTE = timedelta(minutes=1)
END = NIGHT + 9 * MINUTE
ALL = {"sound_heard": True, "telephone_confirmed": True, "page_visible": True}


@pytest_asyncio.fixture
async def relief(session: AsyncSession) -> Relief:
    return await lay_relief(session, end=END)


async def call_as(relief: Relief, sign_in: SignIn, actor: Actor, role: Role) -> httpx.AsyncClient:
    session = relief.stage.session
    session.add(RoleGrant(user_id=actor.user_id, role=role.value))
    return await sign_in(await session.get_one(User, actor.user_id))


async def call_as_reader(relief: Relief, sign_in: SignIn, actor: Actor) -> httpx.AsyncClient:
    return await call_as(relief, sign_in, actor, Role.RADIOLOGIST)


@pytest.mark.asyncio
async def test_a_reader_checks_in_and_everybody_of_the_group_sees_it(
    relief: Relief, sign_in: SignIn
) -> None:
    client = await call_as_reader(relief, sign_in, relief.coming_actor)
    other = await call_as_reader(relief, sign_in, relief.leaving_actor)

    part = await client.post("/api/v1/check-ins", json={"sound_heard": True})
    done = await client.post("/api/v1/check-ins", json=ALL)
    seen = (await other.get("/api/v1/check-ins")).json()

    assert (part.status_code, done.status_code) == (201, 201)
    assert [each["state"] for each in part.json()] == ["awaited"]
    (own,) = done.json()
    assert (own["state"], own["telephone_test"]) == ("done", "word")
    assert own["seat_id"] == relief.coming_seat.id
    assert [each["state"] for each in seen if each["radiologist_id"] == relief.coming.id] == [
        "done"
    ]


@pytest.mark.asyncio
async def test_only_who_is_on_guard_checks_in_and_only_a_radiologist(
    relief: Relief, sign_in: SignIn
) -> None:
    coordinator = await add_user(relief.stage, role=Role.COORDINATOR)
    client = await call_as(relief, sign_in, coordinator, Role.COORDINATOR)

    refused = await client.post("/api/v1/check-ins", json=ALL)

    assert refused.status_code == 403


@pytest.mark.asyncio
async def test_a_thing_is_noted_refused_offered_accepted_and_gone_from_others(
    relief: Relief, sign_in: SignIn
) -> None:
    case_id = await offer_one(relief)
    await look(relief, NIGHT - 2 * MINUTE)
    leaving = await call_as_reader(relief, sign_in, relief.leaving_actor)
    coming = await call_as_reader(relief, sign_in, relief.coming_actor)
    staying = await call_as_reader(relief, sign_in, relief.staying_actor)
    (handover,) = (await coming.get("/api/v1/handovers")).json()
    (item,) = handover["items"]
    path = f"/api/v1/handovers/items/{item['item_id']}"

    noted = await leaving.put(f"{path}/note", json={"note": "call first"})
    refused = await coming.post(f"{path}/refuse", json={"reason": "in theatre"})
    twice = await coming.post(f"{path}/refuse", json={"reason": "in theatre"})
    not_theirs = await coming.post(f"{path}/offer", json={"radiologist_id": relief.staying.id})
    offered = await leaving.post(f"{path}/offer", json={"radiologist_id": relief.staying.id})
    (seen,) = (await staying.get("/api/v1/handovers")).json()
    accepted = await staying.post(f"/api/v1/handovers/{seen['handover_id']}/accept")

    assert (item["case_id"], item["kind"], item["state"]) == (case_id, "case", "offered")
    assert (noted.status_code, refused.status_code, offered.status_code) == (204, 204, 204)
    assert (twice.status_code, not_theirs.status_code) == (409, 403)
    assert seen["items"][0]["note"] == "call first"
    assert (accepted.status_code, accepted.json()) == (200, {"left": []})
    assert (await coming.get("/api/v1/handovers")).json() == []
    gone = await coming.post(f"{path}/accept", json={})
    assert gone.status_code == 404


@pytest.mark.asyncio
async def test_the_coordinator_sets_a_thing_aside_that_needs_nobody(
    relief: Relief, sign_in: SignIn
) -> None:
    await offer_one(relief)
    await look(relief, NIGHT - 2 * MINUTE)
    coordinator = await add_user(relief.stage, role=Role.COORDINATOR)
    client = await call_as(relief, sign_in, coordinator, Role.COORDINATOR)
    (handover,) = (await client.get("/api/v1/handovers")).json()
    (item,) = handover["items"]

    answer = await client.post(
        f"/api/v1/handovers/items/{item['item_id']}/set-aside", json={"reason": "told"}
    )

    assert answer.status_code == 204
    assert (await client.get("/api/v1/handovers")).json() == []
