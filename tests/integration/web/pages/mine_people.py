"""People who look at pages of their own guards, and what they send."""

import html
import re

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Radiologist, User
from tests.factories.directory import add_user
from tests.integration.web.conftest import SignIn

MINE = "/planning/mine"


async def sign(session: AsyncSession, sign_in: SignIn, radiologist: int) -> httpx.AsyncClient:
    """Sign a radiologist in, in English."""
    known = select(User).where(User.radiologist_id == radiologist)
    user = (await session.scalars(known)).one_or_none()
    if user is None:
        user = await add_user(session, Role.RADIOLOGIST, radiologist_id=radiologist)
    user.locale = "en"
    return await sign_in(user)


async def sign_planner(session: AsyncSession, sign_in: SignIn, society: int) -> httpx.AsyncClient:
    """Sign a planner of a society in, in English."""
    user = await add_user(session, Grant(Role.PLANNER, society_id=society))
    user.locale = "en"
    return await sign_in(user)


async def find_rpps(session: AsyncSession, radiologist: int) -> str:
    """Find what names a radiologist beyond doubt."""
    return (await session.get_one(Radiologist, radiologist)).rpps


def find_hidden(text: str, name: str) -> str:
    """Find the value of a hidden field."""
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', text)
    assert found is not None, text
    return html.unescape(found[1])
