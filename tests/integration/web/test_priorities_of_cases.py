"""Who may say how urgent a case is."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from tests.factories.flow import open_case
from tests.factories.stage import add_user, set_stage
from tests.integration.web.conftest import SignIn

BODY = {"priority": "P1", "reason": "the emergency room called"}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("role", "status"), [(Role.COORDINATOR, 200), (Role.AUDITOR, 403), (Role.PLANNER, 403)]
)
async def test_the_coordinator_changes_a_priority_and_who_only_looks_does_not(
    session: AsyncSession, sign_in: SignIn, role: Role, status: int
) -> None:
    stage = await set_stage(session)
    case_id = await open_case(stage)
    actor = await add_user(stage, role=role)
    session.add(RoleGrant(user_id=actor.user_id or 0, role=role.value))
    client = await sign_in(await session.get_one(User, actor.user_id))

    answer = await client.put(f"/api/v1/cases/{case_id}/priority", json=BODY)

    assert answer.status_code == status
    assert (answer.json().get("priority") == "P1") is (status == 200)
