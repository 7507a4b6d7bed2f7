"""Whoever reads a list of patients leaves a trace, also who never opened its page."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import AccessLog
from tests.factories.directory import add_user
from tests.factories.flow import open_case
from tests.factories.stage import set_stage
from tests.integration.web.conftest import SignIn


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("/hospital/night", "hospital"),
        ("/requests/rows", "request"),
        ("/worklist/rows", "worklist"),
        ("/api/v1/worklist", "worklist"),
    ],
)
async def test_a_list_that_is_asked_for_again_and_again_is_one_trace(
    session: AsyncSession, sign_in: SignIn, path: str, subject: str
) -> None:
    stage = await set_stage(session)
    await open_case(stage)
    curious = await add_user(session, Grant(Role.SITE, site_id=stage.site.id))
    client = await sign_in(curious)

    answers = [await client.get(path) for _ in range(3)]

    assert [each.status_code for each in answers] == [200] * 3
    looked = select(AccessLog.action, AccessLog.subject).where(AccessLog.user_id == curious.id)
    assert [tuple(row) for row in await session.execute(looked)] == [("list", subject)]
