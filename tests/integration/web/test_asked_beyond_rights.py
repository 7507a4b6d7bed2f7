"""Nobody on guard may read for the site: who is asked instead can open, take and report it."""

from datetime import date

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import RadiologistSite, RoleGrant, User
from app.requests import service as requests
from tests.factories.directory import add_site
from tests.factories.flow import offer_case, open_case
from tests.factories.requests import CONTENT
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_user,
    put_on_guard,
    set_stage,
)
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    return await set_stage(session)


@pytest_asyncio.fixture
async def reader(stage: Stage, session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Put somebody on guard, alone, who may read for another site and not for this one."""
    radiologist, actor = await add_radiologist(stage, may_read=False)
    elsewhere = await add_site(session, society_id=stage.society.id)
    since = Range(date(2020, 1, 1), None)
    session.add(RadiologistSite(radiologist_id=radiologist.id, site_id=elsewhere.id, valid=since))
    await put_on_guard(stage, radiologist)
    session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
    return await sign_in(await session.get_one(User, actor.user_id))


@pytest.mark.asyncio
async def test_who_is_asked_sees_takes_and_signs_the_case(
    stage: Stage, reader: httpx.AsyncClient
) -> None:
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    case = f"/api/v1/cases/{case_id}"

    worklist = (await reader.get("/api/v1/worklist")).json()
    rows = (await reader.get("/")).text
    page = (await reader.get(f"/cases/{case_id}")).text
    seen = await reader.post(f"{case}/acknowledge")
    claimed = await reader.post(f"{case}/claim")
    draft = await reader.put(f"{case}/report", json={"draft_number": 0, "conclusion": "Normal."})
    sheet = (await reader.get(case)).json()
    report = (await reader.get(f"{case}/report")).json()
    body = {"draft_number": 1, "instance_count": sheet["row"]["instance_count"]}
    signed = await reader.post(f"{case}/report/sign", json=body)

    assert [each["case_id"] for each in worklist["to_read"]] == [case_id]
    assert f"/cases/{case_id}/claim" in rows
    assert f"/cases/{case_id}/claim" in page
    assert (seen.status_code, claimed.status_code, draft.status_code) == (200, 200, 200)
    assert len(sheet["versions"]) == 1
    assert report["draft"]["conclusion"] == "Normal."
    assert signed.status_code == 200


@pytest.mark.asyncio
async def test_who_is_asked_for_one_case_sees_no_other_of_the_site(
    stage: Stage, reader: httpx.AsyncClient
) -> None:
    asked = await open_case(stage, urgent=True)
    await offer_case(stage, asked, at=NIGHT)
    other = await open_case(stage)

    worklist = (await reader.get("/api/v1/worklist")).json()

    assert [each["case_id"] for each in worklist["to_read"]] == [asked]
    assert (await reader.get(f"/api/v1/cases/{other}")).status_code == 404
    assert (await reader.post(f"/api/v1/cases/{other}/claim")).status_code == 404


@pytest.mark.asyncio
async def test_once_another_has_taken_the_case_it_is_hidden_again(
    stage: Stage, session: AsyncSession, reader: httpx.AsyncClient, sign_in: SignIn
) -> None:
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    _, entitled = await add_radiologist(stage)
    session.add(RoleGrant(user_id=entitled.user_id or 0, role=Role.RADIOLOGIST.value))
    first = await sign_in(await session.get_one(User, entitled.user_id))

    before = await reader.get(f"/api/v1/cases/{case_id}")
    await first.post(f"/api/v1/cases/{case_id}/claim")
    after = await reader.get(f"/api/v1/cases/{case_id}")

    assert (before.status_code, after.status_code) == (200, 404)


@pytest.mark.asyncio
async def test_who_is_asked_for_one_case_joins_it_with_nothing_else_of_the_site(
    stage: Stage, session: AsyncSession, reader: httpx.AsyncClient
) -> None:
    asked = await open_case(stage, urgent=True)
    await offer_case(stage, asked, at=NIGHT)
    other = await open_case(stage)
    hospital = await add_user(stage, role=Role.COORDINATOR)
    request = await requests.submit(
        session, site_id=stage.site.id, content=CONTENT, actor=hospital, now=NIGHT
    )
    because = {"reason": "curious"}

    page = await reader.get(f"/cases/{asked}/join")
    joined = await reader.post(f"/cases/{asked}/join", data={**because, "other_id": other})
    place = f"/cases/{asked}/join-request"
    known, unknown = ({**because, "request_id": key} for key in (request.request_id, 2**62))
    answers = [
        await reader.post(place, data=known),
        await reader.post(f"/api/v1{place}", json=known),
        await reader.post(f"/api/v1{place}", json=unknown),
    ]

    assert page.status_code == 200
    assert f"other={other}" not in page.text
    assert CONTENT.exam not in page.text
    assert joined.status_code == 404
    assert [each.status_code for each in answers] == [404] * 3
