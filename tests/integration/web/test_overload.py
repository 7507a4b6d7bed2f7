"""More is asked than can be answered: who is not served is told so, and the process goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI, Request
from sqlalchemy import delete, event, select, text

from app.adapters.documents.tables import TypstTablePrinter
from app.db.clock import SetClock
from app.db.engine import make_engine
from app.db.session import Sessions, make_sessions, unit_of_work
from app.directory.domain import Actor, Permission, Role
from app.directory.models import ApiToken, RoleGrant
from app.directory.service.secrets import SecretBox
from app.directory.service.sign_in import issue_token
from app.dispatch.models import PageStream
from app.settings import Settings
from app.web.container import Container
from app.web.presence_keeper import keeper_of
from app.web.sight import Sight, make_look
from tests.factories.stage import NIGHT, add_radiologist, set_stage
from tests.fakes.receiver import FakeSender
from tests.integration.web.conftest import ORIGIN

pytestmark = pytest.mark.asyncio
SIGHT = Sight(frozenset(), Actor(None, "somebody"))


@pytest_asyncio.fixture
async def container(database_url: str, clock: SetClock, box: SecretBox) -> AsyncIterator[Container]:
    """Give what the process holds, with one connection for all requests."""
    waits = timedelta(milliseconds=50)
    engine = make_engine(database_url, pool_size=1, overflow=0, longest_wait=waits)
    own = make_engine(database_url, pool_size=1, overflow=0)
    yield Container(
        settings=Settings(),
        engine=engine,
        sessions=make_sessions(engine),
        own_sessions=make_sessions(own),
        clock=clock,
        box=box,
        peers=FakeSender(),
        table_printer=TypstTablePrinter(),
    )
    await engine.dispose()
    await own.dispose()


@pytest_asyncio.fixture
async def reader(sessions: Sessions) -> tuple[int, str]:
    """Commit a reader who is signed in, and give them with their token."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        radiologist, actor = await add_radiologist(stage)
        assert actor.user_id is not None
        session.add(RoleGrant(user_id=actor.user_id, role=Role.RADIOLOGIST))
        issued = await issue_token(
            session, user_id=actor.user_id, name="test", lasts=timedelta(days=1), now=NIGHT
        )
        return radiologist.id, issued.token


@pytest_asyncio.fixture
async def busy(container: Container) -> AsyncIterator[None]:
    """Let another request have the connection for as long as the test lasts."""
    async with container.sessions() as session:
        await session.execute(select(1))
        yield


async def ask(application: FastAPI, token: str, path: str, **headers: str) -> httpx.Response:
    """Ask for a page, or what a program gets, as somebody who is signed in."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url=ORIGIN
    ) as client:
        return await client.get(path, headers=headers | {"Authorization": f"Bearer {token}"})


def make_request(application: FastAPI, token: str) -> Request:
    """Make a request of somebody who is signed in."""
    authorization = (b"authorization", f"Bearer {token}".encode())
    scope = {"type": "http", "method": "GET", "path": "/", "app": application}
    return Request(scope | {"headers": [authorization], "query_string": b""})


@pytest.mark.usefixtures("busy")
async def test_a_program_that_finds_no_connection_is_told_when_to_ask_again(
    application: FastAPI, reader: tuple[int, str]
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await ask(application, reader[1], "/api/v1/worklist")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["type"] == "urn:astreinte:problem:unavailable"
    assert "request_failed" not in [each["event"] for each in logs]


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
async def test_a_page_that_finds_no_connection_says_so_and_asks_for_nothing_more(
    application: FastAPI, reader: tuple[int, str], headers: dict[str, str]
) -> None:
    answer = await ask(application, reader[1], "/", **headers)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "Réessayez dans un instant" in answer.text
    assert "HX-Trigger" not in answer.headers


@pytest.mark.usefixtures("busy")
async def test_the_process_says_whom_it_holds_while_requests_have_every_connection(
    application: FastAPI, sessions: Sessions, reader: tuple[int, str]
) -> None:
    radiologist_id, token = reader
    keeper = keeper_of(make_request(application, token))

    async def list_held() -> list[int]:
        async with sessions() as session:
            return list(await session.scalars(select(PageStream.radiologist_id)))

    with keeper.hold(radiologist_id):
        async with asyncio.timeout(10):
            while await list_held() != [radiologist_id]:  # noqa: ASYNC110 - what is waited for is a row
                await asyncio.sleep(0.02)


@pytest.mark.usefixtures("busy")
async def test_who_is_signed_out_is_noticed_while_requests_have_every_connection(
    application: FastAPI, sessions: Sessions, reader: tuple[int, str]
) -> None:
    look = make_look(
        make_request(application, reader[1]), sight=SIGHT, permission=Permission.WORKLIST_READ
    )

    seen = await look()
    async with unit_of_work(sessions) as session:
        await session.execute(delete(ApiToken))

    assert seen is not None
    assert await look() is None


async def test_who_may_not_read_the_worklist_any_more_is_let_go(
    application: FastAPI, sessions: Sessions, reader: tuple[int, str]
) -> None:
    look = make_look(
        make_request(application, reader[1]), sight=SIGHT, permission=Permission.WORKLIST_READ
    )

    seen = await look()
    async with unit_of_work(sessions) as session:
        await session.execute(delete(RoleGrant))

    assert seen is not None
    assert await look() is None


async def test_a_stream_that_cannot_look_goes_on_with_what_it_saw(
    application: FastAPI, sessions: Sessions, reader: tuple[int, str]
) -> None:
    look = make_look(
        make_request(application, reader[1]), sight=SIGHT, permission=Permission.WORKLIST_READ
    )
    async with unit_of_work(sessions) as session:
        await session.execute(text("LOCK TABLE api_token IN ACCESS EXCLUSIVE MODE"))

        assert await look() is SIGHT

    assert await look() not in {None, SIGHT}


async def test_streams_that_look_within_a_moment_share_one_look(
    application: FastAPI, container: Container, reader: tuple[int, str]
) -> None:
    looks = [
        make_look(make_request(application, token), sight=SIGHT, permission=Permission.TASK_READ)
        for token in (reader[1], reader[1], "of nobody")
    ]
    statements: list[str] = []
    sync_engine = container.own_sessions.kw["bind"].sync_engine
    event.listen(sync_engine, "before_cursor_execute", lambda *said: statements.append(said[2]))

    first, second, nobody = await asyncio.gather(*(look() for look in looks))

    assert first is second is not None
    assert nobody is None
    # The callers, and the sites.
    assert len(statements) == 2
