"""A request that loses a race is served all the same; one whose line is cut says when to ask again.

The races are real ones: two sessions that wait for each other, connections that the server ends.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from sqlalchemy import select

from app.adapters.documents.tables import TypstTablePrinter
from app.db.clock import SetClock
from app.db.engine import make_engine
from app.db.locks import wait_for_lock
from app.db.session import Sessions, make_sessions, unit_of_work
from app.directory.domain import Role
from app.directory.models import RoleGrant
from app.directory.service.secrets import SecretBox
from app.directory.service.sign_in import issue_token
from app.dispatch.models import Claim
from app.settings import Settings
from app.web.container import Container
from tests.factories.flow import open_case
from tests.factories.rings import close_ring, count_inserts, hurt
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
from tests.fakes.receiver import FakeSender
from tests.integration.web.conftest import ORIGIN

pytestmark = pytest.mark.asyncio


@dataclass
class Screen:
    """A reader with a page open, and the case that they are about to take."""

    client: httpx.AsyncClient
    radiologist_id: int
    case_id: int

    async def claim(self, *, content: bytes = b"") -> httpx.Response:
        return await self.client.post(f"/api/v1/cases/{self.case_id}/claim", content=content)


@pytest_asyncio.fixture
async def container(database_url: str, clock: SetClock, box: SecretBox) -> AsyncIterator[Container]:
    """Give what the process holds, on a database of this test's own: it really commits."""
    engine = make_engine(database_url)
    yield Container(
        settings=Settings(),
        engine=engine,
        sessions=make_sessions(engine),
        own_sessions=make_sessions(engine),
        clock=clock,
        box=box,
        peers=FakeSender(),
        table_printer=TypstTablePrinter(),
    )
    await engine.dispose()


@pytest_asyncio.fixture
async def screen(application: FastAPI, sessions: Sessions) -> AsyncIterator[Screen]:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        radiologist, actor = await add_radiologist(stage)
        await put_on_guard(stage, radiologist)
        assert actor.user_id is not None
        session.add(RoleGrant(user_id=actor.user_id, role=Role.RADIOLOGIST))
        case_id = await open_case(stage, urgent=True)
        issued = await issue_token(
            session, user_id=actor.user_id, name="test", lasts=timedelta(days=1), now=NIGHT
        )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url=ORIGIN,
        headers={"Authorization": f"Bearer {issued.token}"},
    ) as client:
        yield Screen(client, radiologist.id, case_id)


async def list_claims(sessions: Sessions) -> list[int]:
    async with sessions() as session:
        return list(await session.scalars(select(Claim.case_id)))


async def test_of_two_who_wait_for_each_other_the_web_is_ended_and_tries_again(
    sessions: Sessions, screen: Screen
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with unit_of_work(sessions) as other:
            await wait_for_lock(other, f"claims of {screen.radiologist_id}")
            asked = asyncio.create_task(screen.claim())
            await close_ring(other, screen.case_id)
        answer = await asked

    assert answer.status_code == httpx.codes.OK
    assert await list_claims(sessions) == [screen.case_id]
    assert "race_lost" in [each["event"] for each in logs]


async def test_a_request_that_loses_every_race_is_told_when_to_ask_again(
    sessions: Sessions, screen: Screen
) -> None:
    await hurt(sessions, "claim", sqlstate="40001", times=4)

    refused = await screen.claim()
    tries = await count_inserts(sessions)
    again = await screen.claim()

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert tries == 4
    assert again.status_code == httpx.codes.OK
    assert await list_claims(sessions) == [screen.case_id]


async def test_a_long_request_is_not_kept_in_memory_for_another_try(
    sessions: Sessions, screen: Screen
) -> None:
    await hurt(sessions, "claim", sqlstate="40001", times=1)

    refused = await screen.claim(content=b" " * 100_000)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert await count_inserts(sessions) == 1
    assert await list_claims(sessions) == []


async def test_a_line_that_the_server_cuts_costs_one_answer_and_no_more(
    sessions: Sessions, screen: Screen
) -> None:
    await hurt(sessions, "claim", sqlstate="57P01", times=1)

    cut = await screen.claim()
    after = await list_claims(sessions)
    again = await screen.claim()

    assert (cut.status_code, cut.headers["Retry-After"]) == (503, "1")
    assert after == []
    assert again.status_code == httpx.codes.OK
    assert await list_claims(sessions) == [screen.case_id]
