"""What sites announce on the on-call board."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Site
from tests.factories.directory import add_site, add_society, add_user
from tests.factories.planning import NOW
from tests.integration.web.conftest import SignIn

LINES = "/api/v1/information-lines"


def make_line(site_id: int, *, hours: float = 12) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "label": "Ultrasound on site",
        "text": "Dr Petit until midnight",
        "telephone": "+33556000001",
        "start": (NOW - timedelta(hours=1)).isoformat(),
        "end": (NOW + timedelta(hours=hours)).isoformat(),
    }


async def add_hospital(session: AsyncSession) -> Site:
    return await add_site(session, society_id=(await add_society(session)).id)


async def sign_in_site(session: AsyncSession, sign_in: SignIn, site_id: int) -> httpx.AsyncClient:
    return await sign_in(await add_user(session, Grant(Role.SITE, site_id=site_id)))


@pytest.mark.asyncio
async def test_a_site_announces_its_ultrasound_and_everybody_on_guard_reads_it(
    session: AsyncSession, sign_in: SignIn
) -> None:
    site = await add_hospital(session)
    client = await sign_in_site(session, sign_in, site.id)
    reader = await sign_in(await add_user(session, Role.COORDINATOR))

    made = await client.post(LINES, json=make_line(site.id))
    (line,) = (await reader.get(LINES)).json()
    page = await reader.get("/on-call", headers={"Accept": "text/html"})

    assert made.status_code == 201, made.text
    assert line["site"] == site.name
    assert line["label"] == "Ultrasound on site"
    assert "Dr Petit until midnight" in page.text
    assert (await client.delete(f"{LINES}/{line['id']}")).status_code == 204
    assert (await reader.get(LINES)).json() == []


@pytest.mark.asyncio
async def test_nobody_announces_for_a_site_that_is_not_theirs(
    session: AsyncSession, sign_in: SignIn
) -> None:
    own, other = await add_hospital(session), await add_hospital(session)
    client = await sign_in_site(session, sign_in, own.id)
    planner = await sign_in(await add_user(session, Role.PLANNER))
    line_id = (await planner.post(LINES, json=make_line(other.id))).json()["id"]

    assert (await client.post(LINES, json=make_line(other.id))).status_code == 403
    assert (await client.delete(f"{LINES}/{line_id}")).status_code == 403
    assert (await planner.delete(f"{LINES}/{line_id + 1}")).status_code == 404
    assert (await planner.post(LINES, json=make_line(999_999))).status_code == 404


@pytest.mark.asyncio
async def test_what_is_over_or_ends_before_it_starts_is_refused_with_words(
    session: AsyncSession, sign_in: SignIn
) -> None:
    site = await add_hospital(session)
    planner = await sign_in(await add_user(session, Role.PLANNER))

    over = await planner.post(LINES, json=make_line(site.id, hours=-0.5))
    reversed_ = await planner.post(LINES, json=make_line(site.id, hours=-2))

    assert over.status_code == reversed_.status_code == 422
    assert "choose a later end" in over.text
    assert "must end after it starts" in reversed_.text
