"""A study whose site is its sender's default: confirmed by a click, or moved to another site."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.repository import list_studies
from app.directory.domain import Role
from tests.factories.directory import add_site
from tests.factories.flow import open_case
from tests.factories.stage import Stage, add_user
from tests.integration.web.pages.conftest import Browse


@pytest.mark.asyncio
async def test_the_page_names_the_other_sites_while_the_site_is_to_be_confirmed(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    other = await add_site(session, society_id=stage.society.id)
    case_id = await open_case(stage)
    (study,) = await list_studies(session, case_id)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    settled = (await browser.get(f"/cases/{case_id}")).text
    study.site_to_confirm = True
    await session.flush()

    asked = (await browser.get(f"/cases/{case_id}")).text
    moved = await browser.post(f"/cases/{case_id}/studies/{study.id}/site", site_id=other.id)
    await session.refresh(study)

    option = f'<option value="{other.id}">{other.name}</option>'
    assert (option in settled, option in asked) == (False, True)
    assert moved.status_code == 303
    assert (study.site_id, study.site_to_confirm) == (other.id, False)
