"""Rows that changed go from the database to the pages that show them, over real sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.models import Case
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Actor, Role
from app.directory.models import RoleGrant, WebSession
from app.directory.service.secrets import digest_token
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
from tests.factories.web_process import serve

COOKIE = "cookie-of-a-reader"


@asynccontextmanager
async def follow(origin: str) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
    """Open the page's stream, and give its events, each with what it says."""
    headers = {"Cookie": f"astreinte_session={COOKIE}"}
    async with (
        httpx.AsyncClient(base_url=origin, timeout=20, headers=headers) as client,
        client.stream("GET", "/worklist/events") as answer,
        aclosing(_read(answer)) as events,
    ):
        assert answer.status_code == httpx.codes.OK
        # Whoever comes looks once: what changed before is not told.
        assert (await anext(events))[0] == "worklist"
        yield events


async def _read(answer: httpx.Response) -> AsyncGenerator[tuple[str, str]]:
    event = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield event, line.removeprefix("data: ")


async def find_rows(events: AsyncIterator[tuple[str, str]]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        async for event, said in events:
            if event == "rows":
                told: dict[str, Any] = json.loads(said)
                return told
    raise AssertionError("the stream has ended")


async def begin(session: AsyncSession) -> tuple[int, Actor]:
    """Offer a case to a reader who is signed in."""
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
    session.add(
        WebSession(
            token_digest=digest_token(COOKIE),
            user_id=actor.user_id or 0,
            csrf_token="x",
            created_at=NIGHT,
            seen_at=NIGHT,
            expires_at=NIGHT + timedelta(hours=12),
        )
    )
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    return case_id, actor


@pytest.mark.asyncio
async def test_a_row_that_changed_is_sent_as_its_reader_sees_it(
    database_url: str, sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        case_id, _ = await begin(session)

    async with serve(database_url, clock) as origin, follow(origin) as events:
        async with unit_of_work(sessions) as session:
            await cases.change(session, case_id, description="Scanner du rachis")
        told = await find_rows(events)

    (html,) = told["rows"].values()
    assert f'id="case-{case_id}"' in html
    assert "Scanner du rachis" in html
    assert 'data-for-me="yes"' in html
    assert told["at"] == NIGHT.isoformat()


@pytest.mark.asyncio
async def test_a_case_elsewhere_is_not_sent_and_one_that_was_voided_makes_the_page_look(
    database_url: str, sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        case_id, _ = await begin(session)
        other = await open_case(await set_stage(session, night=NIGHT + timedelta(days=30)))

    async with serve(database_url, clock) as origin, follow(origin) as events:
        async with unit_of_work(sessions) as session:
            await cases.change(session, other, description="not for these eyes")
        async with unit_of_work(sessions) as session:
            await session.execute(
                text("UPDATE \"case\" SET state = 'voided' WHERE id = :id"), {"id": case_id}
            )
        async with asyncio.timeout(10):
            event, _ = await anext(events)

    assert event == "worklist"


@pytest.mark.asyncio
async def test_who_was_signed_out_elsewhere_is_sent_no_row_any_more(
    database_url: str, sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        case_id, _ = await begin(session)

    async with serve(database_url, clock) as origin, follow(origin) as events:
        async with unit_of_work(sessions) as session:
            await session.execute(delete(WebSession))
            await cases.change(session, case_id, description="too late")
        async with asyncio.timeout(10):
            said = [each async for each in events]

    assert said == [("ended", "signed out")]


@pytest.mark.asyncio
async def test_rows_that_cannot_be_read_make_the_page_look_and_the_next_ones_come(
    database_url: str, sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        case_id, _ = await begin(session)

    async with serve(database_url, clock) as origin, follow(origin) as events:
        async with unit_of_work(sessions) as session:
            await session.execute(text("ALTER TABLE delivery RENAME TO delivery_away"))
            await session.execute(text("UPDATE \"case\" SET description = 'unread'"))
        async with asyncio.timeout(10):
            event, _ = await anext(events)
        async with unit_of_work(sessions) as session:
            await session.execute(text("ALTER TABLE delivery_away RENAME TO delivery"))
            await session.execute(text("UPDATE \"case\" SET description = 'read'"))
        told = await find_rows(events)

    assert event == "worklist"
    assert "read" in told["rows"][str(case_id)]
    async with sessions() as session:
        assert await session.scalar(select(Case.id)) == case_id


@pytest.mark.asyncio
async def test_who_is_not_signed_in_is_refused_and_not_led_to_a_page(
    database_url: str, clock: SetClock
) -> None:
    async with serve(database_url, clock) as origin, httpx.AsyncClient(base_url=origin) as client:
        answer = await client.get("/worklist/events")

    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert answer.headers["Content-Type"].startswith("application/problem+json")
