"""Two members of a society and one of another, for the page of people."""

import html
import re
from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Radiologist
from tests.factories.directory import add_radiologist, add_society, add_user
from tests.integration.web.conftest import SignIn

PEOPLE = "/planning/people"


@dataclass
class Ground:
    """Two members of a society, one of another; who writes of the society's people."""

    session: AsyncSession
    society: int
    one: Radiologist
    other: Radiologist
    stranger: Radiologist
    writer: httpx.AsyncClient
    place: str

    async def look(self, **params: str) -> str:
        """Look at the page, as it is for the society."""
        answer = await self.writer.get(PEOPLE, params=params)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    async def send(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form of the page."""
        return await self.writer.post(f"{PEOPLE}/{path}{self.place}", data=fields)


async def make_ground(
    session: AsyncSession, sign_in: SignIn, *, role: Role = Role.PLANNER
) -> Ground:
    """Sign in somebody who writes of the people of one society, in English."""
    society = (await add_society(session)).id
    one, other = [await add_radiologist(session, society_id=society) for _ in range(2)]
    stranger = await add_radiologist(session, society_id=(await add_society(session)).id)
    user = await add_user(session, Grant(role, society_id=society))
    user.locale = "en"
    await session.flush()
    place = f"?society={society}&on=2027-03-01"
    return Ground(session, society, one, other, stranger, await sign_in(user), place)


def words(text: str) -> str:
    """Read what a part of a page says."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())
