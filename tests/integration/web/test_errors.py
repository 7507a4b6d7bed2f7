import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy import Date, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions
from app.directory.domain import Permission, Role
from app.directory.models import Society
from app.kit.errors import AppError, Conflict, Invalid, NotAllowed, NotFound, Unavailable
from app.web.container import Container
from app.web.dependencies import Work, needs
from app.web.middleware import LARGEST_BODY_BYTES
from app.web.schemas import Body, Line
from tests.factories.applications import ReusedApplication
from tests.factories.directory import add_society, add_user
from tests.integration.web.conftest import SignIn

SECRET = "DUPONT^JEAN"
DAY = date(2026, 1, 1)
Reader = Annotated[Work, needs(Permission.DIRECTORY_READ)]
CATEGORIES: dict[type[AppError], int] = {
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    NotAllowed: 403,
    Unavailable: 503,
}


class Name(Body):
    """A name."""

    name: Line
    age: int


def add_probe(application: FastAPI) -> None:
    """Add routes that fail in the ways that routes may, after a row was written."""
    router = APIRouter(prefix="/api/probe")

    @router.post("/name")
    async def take_name(body: Name, work: Reader) -> None:
        await add_society(work.session)

    @router.post("/crash")
    async def crash(work: Reader) -> None:
        await add_society(work.session)
        raise RuntimeError(SECRET)

    @router.post("/database")
    async def ask_nonsense(work: Reader) -> None:
        await work.session.execute(select(cast(literal(SECRET), Date)))

    @router.post("/rule")
    async def break_rule(work: Reader) -> None:
        society = await add_society(work.session)
        work.session.add(Society(name=SECRET, short_name=society.short_name, joined_on=DAY))

    @router.post("/fail/{category}")
    async def fail(category: str, work: Reader) -> None:
        await add_society(work.session)
        raise next(each for each in CATEGORIES if each.__name__ == category)("what and why")

    application.include_router(router)


@pytest.fixture(scope="module")
def reused() -> ReusedApplication:
    """Give an application that has the probe."""
    reused = ReusedApplication()
    add_probe(reused.app)
    return reused


@pytest_asyncio.fixture
async def probe(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client that may call the probe."""
    return await sign_in(await add_user(session, Role.PLANNER))


async def count_societies(session: AsyncSession) -> int:
    return (await session.execute(select(func.count()).select_from(Society))).scalar_one()


@pytest.mark.asyncio
@pytest.mark.parametrize(("category", "status"), CATEGORIES.items())
async def test_an_error_of_the_domain_is_told_as_a_problem_and_nothing_is_kept(
    session: AsyncSession, probe: httpx.AsyncClient, category: type[AppError], status: int
) -> None:
    answer = await probe.post(f"/api/probe/fail/{category.__name__}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "what and why"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert await count_societies(session) == 0


@pytest.mark.asyncio
async def test_a_route_that_returns_keeps_what_it_did(
    session: AsyncSession, probe: httpx.AsyncClient
) -> None:
    answer = await probe.post("/api/probe/name", json={"name": "x", "age": 1})

    assert answer.status_code == 200
    assert await count_societies(session) == 1


@pytest.mark.asyncio
async def test_an_unknown_error_tells_nothing_to_the_caller_nor_to_the_log(
    session: AsyncSession, probe: httpx.AsyncClient
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await probe.post("/api/probe/crash")

    failed = next(each for each in logs if each["event"] == "request_failed")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert failed["error"] == "RuntimeError"
    assert any("crash" in frame for frame in failed["frames"])
    assert SECRET not in answer.text + json.dumps(logs, default=str)
    assert await count_societies(session) == 0


@pytest.mark.asyncio
@pytest.mark.parametrize(("path", "status"), [("database", 422), ("rule", 500)])
async def test_what_the_database_says_stays_with_us(
    probe: httpx.AsyncClient, path: str, status: int
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await probe.post(f"/api/probe/{path}")

    assert answer.status_code == status
    assert SECRET not in answer.text + json.dumps(logs, default=str)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "age": SECRET}, "body.age"),
        ({"name": "x"}, "body.age"),
        ({"name": f"{SECRET}\u0000", "age": 1}, "body.name"),
        ({"name": "x", "age": 1, SECRET: 1}, "body.*"),
        ([SECRET], "body"),
    ],
)
async def test_a_wrong_body_is_told_by_the_field_and_never_repeated(
    probe: httpx.AsyncClient, body: object, field: str
) -> None:
    answer = await probe.post("/api/probe/name", json=body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert SECRET not in answer.text


@pytest.mark.asyncio
async def test_a_body_that_is_no_json_is_invalid(probe: httpx.AsyncClient) -> None:
    answer = await probe.post(
        "/api/probe/name", content=SECRET, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert SECRET not in answer.text


async def _stream() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b" " * (LARGEST_BODY_BYTES // 2)


@pytest.mark.asyncio
@pytest.mark.parametrize("length", ["announced", "unknown"])
async def test_a_body_that_is_too_large_is_refused_announced_or_not(
    probe: httpx.AsyncClient, length: str
) -> None:
    content = b" " * (LARGEST_BODY_BYTES + 1) if length == "announced" else _stream()

    answer = await probe.post(
        "/api/probe/name", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/nothing", 404), ("PATCH", "/api/v1/me", 405)]
)
async def test_what_does_not_exist_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio
async def test_every_answer_carries_the_headers_of_safety(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/api/v1/me", "/api/nothing"):
        headers = (await client.get(path)).headers

        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 32


@pytest.mark.asyncio
async def test_the_log_of_a_request_has_no_query(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.get("/api/v1/me", params={"patient": SECRET})

    line = next(each for each in logs if each["event"] == "http_request")
    assert line["route"] == "/api/v1/me"
    assert line["status"] == 401
    assert SECRET not in json.dumps(logs, default=str)


@pytest.mark.asyncio
async def test_a_database_that_is_away_is_told_as_not_available_now(
    application: FastAPI, client: httpx.AsyncClient, container: Container
) -> None:
    away = make_unpooled_engine("postgresql://nobody@127.0.0.1:1/nothing")
    application.state.container = replace(container, engine=away, sessions=make_sessions(away))

    answer = await client.get("/api/v1/me", headers={"Authorization": "Bearer x"})
    live = await client.get("/health/live")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "127.0.0.1" not in answer.text
    assert live.status_code == 200
