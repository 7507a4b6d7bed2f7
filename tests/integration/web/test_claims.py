"""What readers and coordinators do to a claim, over the API; and who may not."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.dispatch import repository
from tests.factories.directory import add_user, give_password_hash
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage
from tests.integration.web.conftest import SignIn

pytestmark = pytest.mark.asyncio


async def sign_in_reader(
    session: AsyncSession, sign_in: SignIn, stage: Stage
) -> tuple[AsyncClient, int]:
    """Sign in a radiologist who is on guard."""
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(
        stage, radiologist, period=(NIGHT - timedelta(days=900), NIGHT + timedelta(days=900))
    )
    user = await session.get_one(User, actor.user_id)
    user.password_hash = await give_password_hash()
    session.add(RoleGrant(user_id=user.id, role=Role.RADIOLOGIST))
    await session.flush()
    return await sign_in(user), radiologist.id


async def test_seen_claimed_put_aside_and_resumed(session: AsyncSession, sign_in: SignIn) -> None:
    stage = await set_stage(session)
    client, radiologist_id = await sign_in_reader(session, sign_in, stage)
    case_id = await open_case(stage, urgent=True)
    await pipeline.case_due(session, case_id, now=NIGHT)
    path = f"/api/v1/cases/{case_id}"

    seen = await client.post(f"{path}/acknowledge", json={"means": "telephone"})
    claimed = await client.post(f"{path}/claim")
    aside = await client.post(f"{path}/put-aside")
    sheet = await client.get(path)
    twice = await client.post(f"{path}/put-aside")
    resumed = await client.post(f"{path}/resume")
    signed = await client.post(f"{path}/still-reading", json={"means": "key"})
    wrong = await client.post(f"{path}/still-reading", json={"means": "timer"})

    assert [each.status_code for each in (seen, claimed, aside, resumed, signed)] == [200] * 5
    assert (twice.status_code, wrong.status_code) == (409, 422)
    assert claimed.json()["reader_id"] == radiologist_id
    assert sheet.json()["row"]["claim"]["stage"] == "aside"
    events = await cases.list_events(session, case_id)
    (told,) = [each.detail["means"] for each in events if each.kind == "acknowledged"]
    assert told == "telephone"


async def test_the_coordinator_decides_about_a_claim_and_a_reader_does_not(
    session: AsyncSession, sign_in: SignIn
) -> None:
    stage = await set_stage(session)
    client, radiologist_id = await sign_in_reader(session, sign_in, stage)
    coordinator = await sign_in(await add_user(session, Role.COORDINATOR))
    case_id = await open_case(stage, urgent=True)
    path = f"/api/v1/cases/{case_id}"
    await client.post(f"{path}/claim")

    early = await coordinator.post(f"{path}/leave-with-reader", json={"reason": "called"})
    claim = await repository.find_standing(session, case_id)
    assert claim is not None
    await pipeline.case_due(session, case_id, now=NIGHT + timedelta(days=400))
    left = await coordinator.post(f"{path}/leave-with-reader", json={"reason": "called"})
    denied = await client.post(f"{path}/dispossess", json={"reason": "mine"})
    opened = await coordinator.post(f"{path}/dispossess", json={"reason": "asleep"})
    gone = await coordinator.post(f"{path}/dispossess", json={"reason": "asleep"})

    assert [each.status_code for each in (early, left, denied, opened, gone)] == [
        409,
        200,
        403,
        200,
        409,
    ]
    assert (opened.json()["state"], opened.json()["reader_id"]) == ("nominated", None)
    assert (await cases.get_case(session, case_id)).was_with_id == radiologist_id
