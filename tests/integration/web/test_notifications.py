"""Notifications over the API: what a page shows and confirms, and signed callbacks."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.domain.priority import Priority
from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.dispatch.domain.notification_signature import sign
from app.dispatch.models import Notification
from app.dispatch.service.notification import take_unconfirmed
from app.settings import Settings
from app.web.container import Container
from app.web.schemas import LARGEST_KEY
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard, set_stage
from tests.integration.web.conftest import SignIn

SECRET = "known to both sides"
MINE = "/api/v1/notifications"
SHOWN = "/api/v1/notifications/shown"
CALLBACK = "/api/v1/notifications/callback"


class CountingClock(SetClock):
    """Counts the transactions that requests open: each reads it once."""

    opened = 0

    async def now(self, session: AsyncSession) -> datetime:
        self.opened += 1
        return await super().now(session)


@pytest_asyncio.fixture
async def stage(session: AsyncSession, clock: SetClock) -> Stage:
    clock.instant = NIGHT
    return await set_stage(session)


@pytest_asyncio.fixture
async def reader(session: AsyncSession, stage: Stage, sign_in: SignIn) -> httpx.AsyncClient:
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    return await sign_in(await session.get_one(User, actor.user_id))


@pytest.fixture
def container(container: Container) -> Container:
    settings = Settings(hook_secret=SecretStr(SECRET))
    object.__setattr__(container, "settings", settings)
    return container


async def _list_mine(client: httpx.AsyncClient) -> list[int]:
    said = (await client.get(MINE)).json()
    return [each["notification_id"] for each in said["notifications"]]


async def _confirm(
    client: httpx.AsyncClient, ids: Iterable[int], *, sounded: bool = True
) -> dict[int, str]:
    answer = await client.post(SHOWN, json={"notification_ids": list(ids), "sounded": sounded})
    assert answer.status_code == 200
    return {each["notification_id"]: each["state"] for each in answer.json()}


async def _call(session: AsyncSession) -> Notification:
    await take_unconfirmed(session, now=NIGHT + timedelta(seconds=15), limit=10)
    found = await session.scalars(select(Notification).where(Notification.channel == "hook"))
    return found.one()


async def _say(
    client: httpx.AsyncClient,
    said: dict[str, object],
    *,
    at: datetime = NIGHT,
    secret: str = SECRET,
) -> httpx.Response:
    body = json.dumps(said).encode()
    headers = sign(body, message_id="m1", at=at, secret=secret)
    return await client.post(
        CALLBACK, content=body, headers=headers | {"Content-Type": "application/json"}
    )


@pytest.mark.asyncio
async def test_a_page_is_told_what_to_show_and_confirms_it(reader: httpx.AsyncClient) -> None:
    said = (await reader.get(MINE)).json()
    (shown,) = said["notifications"]
    assert (shown["priority"], shown["rings"]) == ("P1", True)
    assert shown["path"] == f"/cases/{shown['case_id']}"
    assert said["telephone_tested_at"] is None

    shown_id = shown["notification_id"]
    assert await _confirm(reader, [shown_id]) == {shown_id: "shown"}
    assert await _confirm(reader, [shown_id], sounded=False) == {shown_id: "shown"}

    assert await _list_mine(reader) == []
    listed = (await reader.get(f"/api/v1/cases/{shown['case_id']}/notifications")).json()
    assert [(each["channel"], each["state"]) for each in listed] == [("browser", "shown")]


@pytest.mark.asyncio
async def test_what_is_for_another_or_nobody_is_left_alone_and_the_rest_confirmed(
    session: AsyncSession, stage: Stage, reader: httpx.AsyncClient, sign_in: SignIn
) -> None:
    (of_another,) = await _list_mine(reader)
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
    other = await sign_in(await session.get_one(User, actor.user_id))
    await offer_case(stage, await open_case(stage, urgent=True), at=NIGHT)
    (own,) = await _list_mine(other)

    assert await _confirm(other, [of_another, own, LARGEST_KEY]) == {own: "shown"}

    assert await _list_mine(other) == []
    assert of_another in await _list_mine(reader)


@pytest.mark.asyncio
async def test_what_a_mute_page_shows_at_one_time_is_called_if_it_is_urgent(
    session: AsyncSession, stage: Stage, reader: httpx.AsyncClient
) -> None:
    boss = await add_user(stage, role=Role.COORDINATOR)
    for priority in (Priority.P1, Priority.P3):
        case_id = await open_case(stage, urgent=True)
        await pipeline.change_priority(
            session, case_id, priority=priority, reason="known", actor=boss, now=NIGHT
        )
        await offer_case(stage, case_id, at=NIGHT)
    ids = await _list_mine(reader)

    states = await _confirm(reader, ids, sounded=False)

    rows = (await session.scalars(select(Notification).where(Notification.id.in_(ids)))).all()
    by_priority = sorted((each.priority, states[each.id]) for each in rows)
    assert by_priority == [("P1", "failed"), ("P1", "failed"), ("P3", "shown")]
    assert {each.shown_at for each in rows} == {NIGHT}
    calls = await session.scalars(select(Notification).where(Notification.channel == "hook"))
    assert sorted((each.case_id, each.state) for each in calls) == sorted(
        (each.case_id, "due") for each in rows if each.priority == "P1"
    )
    # A page that sounds now still says so; who is called already is not called anew.
    assert set((await _confirm(reader, ids)).values()) == {"shown"}


@pytest.mark.asyncio
async def test_a_page_confirms_something_and_at_most_a_hundred_at_a_time(
    reader: httpx.AsyncClient,
) -> None:
    statuses = [
        (await reader.post(SHOWN, json={"notification_ids": ids, "sounded": True})).status_code
        for ids in ([], list(range(1, 102)), [0], [LARGEST_KEY + 1], list(range(1, 101)))
    ]

    assert statuses == [422, 422, 422, 422, 200]


@pytest.mark.asyncio
async def test_a_signed_answer_is_taken_as_often_as_it_comes(
    session: AsyncSession, reader: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    row = await _call(session)
    said: dict[str, object] = {"reference": str(row.reference), "case": row.case_id}

    first = await _say(client, {**said, "answer": 1})
    again = await _say(client, {**said, "answer": 1})
    other = await _say(client, {**said, "answer": 2})
    reached = await _say(client, {**said, "status": "delivered"})

    assert (first.status_code, first.json()) == (200, {"outcome": "taken"})
    assert (again.status_code, again.json()) == (200, {"outcome": "taken"})
    assert other.status_code == 409
    assert reached.json() == {"outcome": None}
    assert (await reader.get(MINE)).json()["notifications"] == []


@pytest.mark.asyncio
async def test_what_is_not_signed_now_or_is_nonsense_changes_nothing(
    session: AsyncSession, reader: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    del reader
    row = await _call(session)
    said: dict[str, object] = {"reference": str(row.reference), "case": row.case_id}
    late = NIGHT - timedelta(minutes=6)

    statuses = [
        (await _say(client, {**said, "answer": 1}, secret="of another")).status_code,
        (await _say(client, {**said, "answer": 1}, at=late)).status_code,
        (await _say(client, {**said, "answer": 3})).status_code,
        (await _say(client, {**said, "answer": 1, "status": "failed"})).status_code,
        (await _say(client, {**said, "reference": "x", "answer": 1})).status_code,
        (await _say(client, {**said, "case": (row.case_id or 0) + 1, "answer": 1})).status_code,
        (await client.post(CALLBACK, json={**said, "answer": 1})).status_code,
    ]

    assert statuses == [403, 403, 422, 422, 422, 404, 422]
    await session.refresh(row)
    assert (row.state, row.answer) == ("due", None)


@pytest.mark.asyncio
async def test_a_reader_asks_for_a_call_and_its_answer_tests_their_telephone(
    session: AsyncSession, reader: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    asked = await reader.post("/api/v1/check-ins/telephone-test")
    again = await reader.post("/api/v1/check-ins/telephone-test")
    assert (asked.status_code, again.status_code) == (202, 409)
    assert (await reader.get(MINE)).json()["telephone_tested_at"] is None
    rows = await session.scalars(
        select(Notification).where(Notification.purpose == "telephone_test")
    )
    row = rows.one()

    of_a_case = await _say(client, {"reference": str(row.reference), "case": 1, "answer": 1})
    heard = await _say(client, {"reference": str(row.reference), "answer": 1})

    assert (of_a_case.status_code, heard.json()) == (404, {"outcome": "heard"})
    assert (await reader.get(MINE)).json()["telephone_tested_at"] is not None


@pytest.mark.asyncio
async def test_a_stranger_who_sends_slowly_holds_no_transaction_meanwhile(
    client: httpx.AsyncClient, container: Container
) -> None:
    clock = CountingClock(NIGHT)
    object.__setattr__(container, "clock", clock)
    body = json.dumps({"reference": "x"}).encode()
    headers = sign(body, message_id="m1", at=NIGHT, secret="of another")
    opened: list[int] = []

    async def send() -> AsyncIterator[bytes]:
        for each in body:
            opened.append(clock.opened)
            yield bytes([each])

    refused = await client.post(CALLBACK, content=send(), headers=headers)

    assert refused.status_code == 403
    assert opened == [0] * len(body)
    assert clock.opened == 0
