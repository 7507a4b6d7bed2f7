"""The morning list on the page and over the API: each sees what is inside their scope."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import RoleGrant
from app.dispatch.service.morning import make_due
from tests.factories.flow import open_case, sign_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_society, add_user, set_stage
from tests.integration.web.pages.conftest import Browse, Browser

EIGHT = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def lay_list(session: AsyncSession) -> tuple[Stage, int, int, int]:
    """Let a reader of another society sign a case; return it, one that is open, and the list."""
    stage = await set_stage(session)
    _, guest = await add_radiologist(stage, society=await add_society(session))
    read, still_open = [await open_case(stage, at=NIGHT) for _ in range(2)]
    await sign_case(stage, read, actor=guest, instances=2, at=NIGHT + HOUR)
    (event,) = await make_due(session, now=EIGHT)
    return stage, read, still_open, event.list_id


async def browse_as(stage: Stage, browse: Browse, role: Role, society_id: int) -> Browser:
    user = await add_user(stage, role=role)
    stage.session.add(RoleGrant(user_id=user.user_id, role=role.value, society_id=society_id))
    await stage.session.flush()
    return await browse(user)


@pytest.mark.asyncio
async def test_the_society_sees_what_others_read_and_what_is_open(
    session: AsyncSession, browse: Browse
) -> None:
    stage, read, still_open, list_id = await lay_list(session)
    browser = await browse_as(stage, browse, Role.SOCIETY_ADMIN, stage.society.id)

    lists = await browser.get("/morning")
    page = await browser.get(f"/morning/{list_id}")
    answer = (await browser.get(f"/api/v1/mornings/{list_id}")).json()

    assert f'href="/morning/{list_id}"' in lists.text
    assert "1 case read by others" in lists.text
    first, _, second = page.text.partition('id="part-open"')
    assert f"Case {read}" in first
    assert f"Case {still_open}" in second
    assert "DUPONT" not in page.text
    assert f'href="/cases/{read}"' not in page.text
    assert [each["case_id"] for each in answer["read"]] == [read]
    assert {each["case_id"] for each in answer["open"]} == {read, still_open}
    assert answer["read"][0]["state_now"] == "signed"


@pytest.mark.asyncio
async def test_another_society_sees_nothing_of_it(session: AsyncSession, browse: Browse) -> None:
    stage, _, _, list_id = await lay_list(session)
    other = await add_society(session)
    browser = await browse_as(stage, browse, Role.SOCIETY_ADMIN, other.id)

    assert "No morning list" in (await browser.get("/morning")).text
    assert (await browser.get(f"/morning/{list_id}")).status_code == 404
    assert (await browser.get(f"/api/v1/mornings/{list_id}")).status_code == 404
    assert (await browser.get("/api/v1/mornings")).json() == []


@pytest.mark.asyncio
async def test_a_radiologist_opens_the_cases_of_the_sites_they_read_for(
    session: AsyncSession, browse: Browse
) -> None:
    stage, read, _, list_id = await lay_list(session)
    _, own = await add_radiologist(stage)

    page = await (await browse(own)).get(f"/morning/{list_id}")

    assert f'href="/cases/{read}"' in page.text
