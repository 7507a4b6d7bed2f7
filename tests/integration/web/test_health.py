import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.web.container import Container
from tests.factories.applications import ReusedApplication
from tests.factories.directory import add_user
from tests.integration.web.conftest import ORIGIN, SignIn


@pytest.fixture
def reused() -> ReusedApplication:
    """Give an application that has counted nothing yet."""
    return ReusedApplication()


@pytest.mark.asyncio
async def test_it_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    live = await client.get("/health/live")
    ready = await client.get("/health/ready")

    assert live.json() == ready.json() == {"status": "ok"}


@pytest.mark.asyncio
async def test_it_is_not_ready_when_the_schema_is_not_the_one_it_knows(
    application: FastAPI, client: httpx.AsyncClient, container: Container
) -> None:
    async with container.engine.begin() as connection:
        kept = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        await connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))
    try:
        ready = await client.get("/health/ready")
        live = await client.get("/health/live")
    finally:
        async with container.engine.begin() as connection:
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :kept"), {"kept": kept}
            )

    assert ready.status_code == 503
    assert ready.json()["type"] == "urn:astreinte:problem:schema-differs"
    assert live.status_code == 200


@pytest.mark.asyncio
async def test_this_machine_reads_the_metrics_which_name_routes_by_their_template(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    user = await sign_in(await add_user(session, Role.GCS_ADMIN))
    await user.get("/api/v1/societies/987654321")
    await user.get("/DUPONT-Jean")

    metrics = (await client.get("/metrics")).text

    assert 'route="/api/v1/societies/{society_id}",status="404"' in metrics
    assert 'route="unknown",status="404"' in metrics
    assert "987654321" not in metrics
    assert "DUPONT" not in metrics


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), (Role.PLANNER, 403), (Role.AUDITOR, 200)]
)
async def test_from_elsewhere_only_who_may_reads_the_metrics(
    application: FastAPI, session: AsyncSession, sign_in: SignIn, role: Role | None, status: int
) -> None:
    headers = {}
    if role is not None:
        headers = dict((await sign_in(await add_user(session, role))).headers)
    transport = httpx.ASGITransport(app=application, client=("10.1.2.3", 1))

    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == status


@pytest.mark.asyncio
async def test_behind_a_proxy_on_this_machine_nobody_is_from_this_machine(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"})

    assert answer.status_code == 401
