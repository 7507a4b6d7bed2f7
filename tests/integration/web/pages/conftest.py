"""Browsers of people who signed in on the page, on the stage of one night."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import httpx
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.directory.models import RoleGrant, User
from tests.factories.directory import PASSWORD, give_password_hash
from tests.factories.planning import Group, add_group
from tests.factories.stage import Stage, set_stage
from tests.integration.web.conftest import ORIGIN, SignIn
from tests.integration.web.pages.planning_ground import make_planner

Browse = Callable[[Actor], Awaitable["Browser"]]
"""Gives the browser of somebody who signs in on the page."""


class Browser:
    """A browser: it keeps cookies, and its changes carry the token of the pages."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.token = ""

    async def sign_in(self, login: str) -> None:
        """Sign in, and read the token from the first page."""
        form = {"login": login, "password": PASSWORD}
        answer = await self.client.post("/sign-in", data=form, headers={"Origin": ORIGIN})
        assert answer.status_code == 303
        page = await self.client.get("/on-call")
        token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert token is not None
        self.token = token[1]

    async def get(self, path: str, *, htmx: bool = False) -> httpx.Response:
        """Look at a page, or at a part of it."""
        return await self.client.get(path, headers={"HX-Request": "true"} if htmx else {})

    async def post(self, path: str, *, htmx: bool = False, **fields: str | int) -> httpx.Response:
        """Send a form of ours."""
        return await self.send(path, fields, htmx=htmx)

    async def send(
        self, path: str, fields: Mapping[str, str | int | list[str]], *, htmx: bool = False
    ) -> httpx.Response:
        """Send a form of ours, whatever its fields are called; a list: a box ticked for each."""
        headers = {"Origin": ORIGIN} | ({"HX-Request": "true"} if htmx else {})
        form = {"csrf_token": self.token} | {
            name: value if isinstance(value, list) else str(value) for name, value in fields.items()
        }
        return await self.client.post(path, data=form, headers=headers)


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    return await set_stage(session)


@pytest_asyncio.fixture
async def browse(application: FastAPI, session: AsyncSession) -> AsyncIterator[Browse]:
    clients: list[httpx.AsyncClient] = []

    async def sign_in(actor: Actor) -> Browser:
        user = await session.get_one(User, actor.user_id)
        user.password_hash = await give_password_hash()
        user.locale = "en"
        known = await session.scalar(select(RoleGrant.id).where(RoleGrant.user_id == user.id))
        if known is None:
            session.add_all(
                RoleGrant(user_id=user.id, role=grant.role.value) for grant in actor.grants
            )
        await session.flush()
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application),
            base_url=ORIGIN,
            headers={"Accept-Language": "en"},
        )
        clients.append(client)
        browser = Browser(client)
        await browser.sign_in(user.login)
        return browser

    yield sign_in
    for client in clients:
        await client.aclose()


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await make_planner(session, sign_in)


@pytest_asyncio.fixture
async def group(session: AsyncSession) -> Group:
    """Give two societies with enough people that seats can move."""
    return await add_group(session, people_each=12)
