"""The application, served in this process on a database that is rolled back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.adapters.documents.tables import TypstTablePrinter
from app.db.clock import SetClock
from app.directory.models import User
from app.directory.service.secrets import SecretBox
from app.directory.service.sign_in import issue_token
from app.settings import Settings
from app.web.container import Container
from tests.factories.applications import ReusedApplication
from tests.fakes.receiver import FakeSender

ORIGIN = "http://astreinte.test"

SignIn = Callable[[User], Awaitable[httpx.AsyncClient]]
"""Gives a client that calls as this user, by a bearer token."""


@pytest.fixture
def box() -> SecretBox:
    """Give the box that seals second factors."""
    return SecretBox("a secret key of this test only", purpose="totp")


@pytest.fixture
def peers() -> FakeSender:
    """Give the nodes that we send to, in memory: none, until a test adds one."""
    return FakeSender()


@pytest.fixture
def container(
    engine: AsyncEngine,
    session: AsyncSession,
    clock: SetClock,
    box: SecretBox,
    peers: FakeSender,
) -> Container:
    """Give what the process holds; its transactions are savepoints of this test's own."""
    sessions = async_sessionmaker(
        bind=session.bind, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )
    return Container(
        settings=Settings(),
        engine=engine,
        sessions=sessions,
        own_sessions=sessions,
        clock=clock,
        box=box,
        peers=peers,
        table_printer=TypstTablePrinter(),
    )


@pytest.fixture(scope="session")
def reused() -> ReusedApplication:
    """Give the application of this worker; who adds to it overrides this with one of their own."""
    return ReusedApplication()


@pytest_asyncio.fixture
async def application(reused: ReusedApplication, container: Container) -> AsyncIterator[FastAPI]:
    """Give the application as a server starts it."""

    @asynccontextmanager
    async def open_container() -> AsyncIterator[Container]:
        yield container

    with reused.lend(open_container) as app:
        async with app.router.lifespan_context(app):
            yield app


@pytest_asyncio.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that is not signed in."""
    async with _open_client(application) as client:
        yield client


@pytest_asyncio.fixture
async def sign_in(
    application: FastAPI, session: AsyncSession, clock: SetClock
) -> AsyncIterator[SignIn]:
    """Give what signs users in."""
    clients: list[httpx.AsyncClient] = []

    async def call_as(user: User) -> httpx.AsyncClient:
        issued = await issue_token(
            session, user_id=user.id, name="test", lasts=timedelta(days=1), now=clock.instant
        )
        await session.flush()
        client = _open_client(application, token=issued.token)
        clients.append(client)
        return client

    yield call_as
    for client in clients:
        await client.aclose()


def _open_client(application: FastAPI, *, token: str | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url=ORIGIN,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
