"""Who is there over the API and on the board, and what readers and coordinators say."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.domain.actor import Actor, Grant
from app.directory.models import Radiologist, RoleGrant, User
from app.dispatch.models import ReaderCheck
from app.dispatch.repository import list_nominees
from app.pipeline.centres import watch_centres
from tests.factories.directory import add_society, add_user
from tests.factories.flow import decide_due, offer_case, open_case
from tests.factories.presence import WebPages
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage
from tests.integration.web.conftest import SignIn

MINUTE = timedelta(minutes=1)
PRESENCE = "/api/v1/presence"


class Guard:
    """Two readers of two centres with open pages, and somebody on the backup line without one."""

    def __init__(self, stage: Stage, sign_in: SignIn) -> None:
        self.stage = stage
        self.pages = WebPages(stage.session)
        self.readers: list[Radiologist] = []
        self._actors: list[Actor] = []
        self._sign_in = sign_in

    async def join(self, *, line: str = "first") -> Radiologist:
        radiologist, actor = await add_radiologist(self.stage)
        await put_on_guard(self.stage, radiologist, line=line)
        self.stage.session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
        self.readers.append(radiologist)
        self._actors.append(actor)
        return radiologist

    def actor(self, number: int) -> Actor:
        return self._actors[number]

    async def call_as(self, number: int) -> httpx.AsyncClient:
        """Give a client of one of them."""
        user = await self.stage.session.get_one(User, self._actors[number].user_id)
        return await self._sign_in(user)


@pytest_asyncio.fixture
async def guard(session: AsyncSession, sign_in: SignIn, clock: SetClock) -> Guard:
    clock.instant = NIGHT
    guard = Guard(await set_stage(session), sign_in)
    present = [(await guard.join()).id for _ in range(2)]
    await guard.join(line="backup")
    await guard.pages.open(*present, at=NIGHT)
    await session.flush()
    return guard


@pytest_asyncio.fixture
async def coordinator(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in(await add_user(session, Role.COORDINATOR))


async def read_states(client: httpx.AsyncClient) -> list[str]:
    answer = (await client.get(PRESENCE)).json()
    by_id = sorted(answer["readers"], key=lambda each: each["radiologist_id"])
    return [each["state"] for each in by_id]


@pytest.mark.asyncio
async def test_everybody_on_guard_is_seen_with_centre_and_telephone(
    guard: Guard, coordinator: httpx.AsyncClient
) -> None:
    answer = (await coordinator.get(PRESENCE)).json()

    first = next(
        each for each in answer["readers"] if each["radiologist_id"] == guard.readers[0].id
    )
    assert await read_states(coordinator) == ["present", "present", "gone"]
    assert first["telephone"] == guard.readers[0].telephone
    assert first["first_line"] is True
    assert {each["centre_id"] for each in answer["centres"]} == {
        each.centre_id for each in guard.readers
    }
    assert not any(each["is_down"] for each in answer["centres"])
    assert (answer["checks"], answer["mass_silence_since"]) == ([], None)


@pytest.mark.asyncio
async def test_a_reader_says_until_when_they_take_no_new_case_and_is_back_by_word_or_by_time(
    guard: Guard, clock: SetClock
) -> None:
    reader = await guard.call_as(0)
    until = NIGHT + 30 * MINUTE
    body = {"state": "no_new_work", "until": until.isoformat()}

    said = await reader.put(PRESENCE, json=body)
    during = await read_states(reader)
    longer = await reader.put(PRESENCE, json=body | {"until": (until + MINUTE).isoformat()})
    back = await reader.put(PRESENCE, json={"state": "present"})
    twice = await reader.put(PRESENCE, json={"state": "present"})
    after = await read_states(reader)
    await reader.put(PRESENCE, json=body)
    clock.instant = until
    await guard.pages.beat(until)
    over = await read_states(reader)

    assert said.json()["word"] == "resting"
    assert during == ["no_new_work", "present", "gone"]
    assert longer.status_code == httpx.codes.OK
    assert (back.status_code, twice.status_code) == (200, 409)
    assert after == over == ["present", "present", "gone"]
    assert (await reader.put(PRESENCE, json={"state": "present"})).status_code == 409


@pytest.mark.asyncio
async def test_a_word_without_an_end_or_with_a_far_one_is_refused(guard: Guard) -> None:
    reader = await guard.call_as(0)

    for until in (
        None,
        NIGHT.isoformat(),
        (NIGHT + timedelta(hours=13)).isoformat(),
        "2026-11-21T02:00:00",
    ):
        answer = await reader.put(PRESENCE, json={"state": "no_new_work", "until": until})
        assert answer.status_code == 422, until


@pytest.mark.asyncio
async def test_only_the_coordinator_says_it_for_somebody_else(
    guard: Guard, coordinator: httpx.AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    body = {
        "state": "no_new_work",
        "until": (NIGHT + MINUTE).isoformat(),
        "radiologist_id": guard.readers[1].id,
    }
    reader = await guard.call_as(0)
    site = await sign_in(await add_user(session, Grant(Role.SITE, site_id=guard.stage.site.id)))

    assert (await reader.put(PRESENCE, json=body)).status_code == 403
    assert (await site.put(PRESENCE, json=body)).status_code == 403
    assert (await coordinator.put(PRESENCE, json=body)).status_code == 200
    assert (await coordinator.put(PRESENCE, json={"state": "present"})).status_code == 403
    unknown = body | {"radiologist_id": 987_654}
    assert (await coordinator.put(PRESENCE, json=unknown)).status_code == 404
    assert await read_states(coordinator) == ["present", "no_new_work", "gone"]


@pytest.mark.asyncio
async def test_the_coordinator_says_that_a_centre_is_down_and_back_and_its_cases_move(
    guard: Guard, coordinator: httpx.AsyncClient, session: AsyncSession
) -> None:
    case_id = await open_case(guard.stage)
    await offer_case(guard.stage, case_id, at=NIGHT + 5 * MINUTE)
    (nominee,) = await list_nominees(session, case_id)
    first = next(each for each in guard.readers if each.id == nominee)
    centre = f"/api/v1/centres/{first.centre_id}"

    down = await coordinator.post(f"{centre}/down")
    await decide_due(session, now=NIGHT + 5 * MINUTE)
    moved = await list_nominees(session, case_id)
    shown = (await coordinator.get(PRESENCE)).json()["centres"][0]
    back = await coordinator.post(f"{centre}/back")
    twice = await coordinator.post(f"{centre}/back")

    assert (down.status_code, back.status_code, twice.status_code) == (204, 204, 409)
    assert nominee not in moved
    assert (shown["centre_id"], shown["is_down"], shown["down_cause"]) == (
        first.centre_id,
        True,
        "coordinator",
    )
    assert (await coordinator.post("/api/v1/centres/987654/down")).status_code == 404
    reader = await guard.call_as(0)
    assert (await reader.post(f"{centre}/down")).status_code == 403


@pytest.mark.asyncio
async def test_a_coordinator_of_one_society_says_nothing_about_the_centre_of_another(
    guard: Guard, session: AsyncSession, sign_in: SignIn
) -> None:
    other = await add_society(session)
    grant = Grant(Role.COORDINATOR, society_id=other.id)
    stranger = await sign_in(await add_user(session, grant))
    own = await sign_in(
        await add_user(session, Grant(Role.COORDINATOR, society_id=guard.stage.society.id))
    )
    path = f"/api/v1/centres/{guard.readers[0].centre_id}/down"

    assert (await stranger.post(path)).status_code == 403
    assert (await own.post(path)).status_code == 204


async def lose_reader(guard: Guard, session: AsyncSession) -> int:
    """Let a reader claim a case and be gone; give the call that is to be made."""
    case_id = await open_case(guard.stage)
    await offer_case(guard.stage, case_id, at=NIGHT + 5 * MINUTE)
    at = NIGHT + 6 * MINUTE
    await pipeline.claim(session, case_id, actor=guard.actor(0), now=at)
    await guard.pages.close(guard.readers[0].id, at=at)
    await guard.pages.beat(at + 2 * MINUTE)
    await watch_centres(session, now=at + 2 * MINUTE)
    return (await session.scalars(select(ReaderCheck.id))).one()


@pytest.mark.asyncio
async def test_a_call_is_answered_once_by_the_coordinator(
    guard: Guard, coordinator: httpx.AsyncClient, session: AsyncSession
) -> None:
    check_id = await lose_reader(guard, session)
    path = f"{PRESENCE}/checks/{check_id}"
    reader = await guard.call_as(1)

    waits = (await coordinator.get(PRESENCE)).json()["checks"]
    refused = await reader.post(path, json={"answer": "fail_over"})
    answered = await coordinator.post(path, json={"answer": "fail_over"})
    twice = await coordinator.post(path, json={"answer": "still_reading"})

    assert [each["check_id"] for each in waits] == [check_id]
    assert (refused.status_code, answered.status_code, twice.status_code) == (403, 204, 409)
    assert (
        await coordinator.post(f"{PRESENCE}/checks/987654", json={"answer": "fail_over"})
    ).status_code == 404
    assert (await coordinator.post(path, json={"answer": "cancel"})).status_code == 422
    assert (await coordinator.get(PRESENCE)).json()["checks"] == []


# -------------------------------------------------------------------------------------- pages


@pytest.mark.asyncio
async def test_the_board_shows_who_is_there_and_lets_a_coordinator_act(
    guard: Guard, coordinator: httpx.AsyncClient, session: AsyncSession
) -> None:
    check_id = await lose_reader(guard, session)

    page = (await coordinator.get("/on-call")).text
    board = (await coordinator.get("/on-call/presence")).text
    tasks = (await coordinator.get("/tasks")).text
    reader = (await (await guard.call_as(1)).get("/on-call/presence")).text

    assert 'hx-get="/on-call/presence"' in page
    assert f"/on-call/centres/{guard.readers[0].centre_id}/back" in board
    assert f"/on-call/centres/{guard.readers[1].centre_id}/down" in board
    assert f"/on-call/checks/{check_id}" in board
    assert "aucune page de ses lecteurs" in board
    assert "Par téléphone" in board, "the backup line needs no page"
    assert f"/on-call/checks/{check_id}" in tasks
    assert "<form" not in reader


@pytest.mark.asyncio
async def test_the_buttons_of_the_board_do_what_the_api_does(
    guard: Guard, coordinator: httpx.AsyncClient, session: AsyncSession
) -> None:
    check_id = await lose_reader(guard, session)
    centre_id = guard.readers[0].centre_id
    htmx = {"HX-Request": "true"}

    answered = await coordinator.post(
        f"/on-call/checks/{check_id}", data={"answer": "still_reading"}, headers=htmx
    )
    back = await coordinator.post(f"/on-call/centres/{centre_id}/back", headers=htmx)
    down = await coordinator.post(f"/on-call/centres/{centre_id}/down")

    assert (answered.status_code, back.status_code) == (204, 204)
    assert "presence-changed" in answered.headers["HX-Trigger"]
    assert (down.status_code, down.headers["Location"]) == (303, "/on-call")


@pytest.mark.asyncio
async def test_a_reader_says_it_on_their_own_page(guard: Guard, session: AsyncSession) -> None:
    reader = await guard.call_as(0)
    htmx = {"HX-Request": "true"}

    before = (await reader.get("/presence/mine")).text
    said = await reader.post("/presence/mine", data={"says": "rest", "minutes": "0"}, headers=htmx)
    during = (await reader.get("/presence/mine")).text
    states = await read_states(reader)
    back = await reader.post("/presence/mine", data={"says": "resume"}, headers=htmx)
    half_an_hour = await reader.post("/presence/mine", data={"says": "rest", "minutes": "30"})

    assert (said.status_code, back.status_code) == (204, 204)
    assert 'value="rest"' in before
    assert 'value="resume"' in during
    assert "07:00" in during, "the end of the guard, by the wall in Paris"
    assert states[0] == "no_new_work"
    assert half_an_hour.status_code == 303


@pytest.mark.asyncio
async def test_who_is_not_on_guard_has_nothing_to_say(
    guard: Guard, session: AsyncSession, sign_in: SignIn
) -> None:
    radiologist, actor = await add_radiologist(guard.stage)
    session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
    await session.flush()
    at_home = await sign_in(await session.get_one(User, actor.user_id))

    mine = await at_home.get("/presence/mine")
    said = await at_home.post("/presence/mine", data={"says": "rest", "minutes": "0"})

    assert radiologist.id not in {each.id for each in guard.readers}
    assert "<form" not in mine.text
    assert said.status_code == 409
