"""Deliveries over the API: what left, every try, and the click that sends again."""

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery.models import Attempt, Delivery
from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.reports import service as reports
from tests.factories.reading import TEXT, Reading, open_reading
from tests.factories.stage import NIGHT, add_user
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    """Give a case whose report was signed: two documents wait in the outbox."""
    reading = await open_reading(session)
    await reports.save_draft(
        session, case_id=reading.case_id, base=0, chapters=TEXT, actor=reading.actor, now=NIGHT
    )
    await pipeline.sign_report(
        session, reading.case_id, base=1, instance_count=2, actor=reading.actor, now=NIGHT
    )
    return reading


async def sign_in_as(
    reading: Reading, sign_in: SignIn, *, role: Role, site_id: int | None = None
) -> httpx.AsyncClient:
    actor = await add_user(reading.stage, role=role)
    user = await reading.session.get_one(User, actor.user_id)
    reading.session.add(RoleGrant(user_id=user.id, role=role.value, site_id=site_id))
    return await sign_in(user)


@pytest.mark.asyncio
async def test_the_coordinator_sees_every_try_and_sends_a_dead_letter_again(
    reading: Reading, sign_in: SignIn, session: AsyncSession
) -> None:
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)
    delivery_id = (await session.scalars(select(Delivery.id).order_by(Delivery.id))).first()
    await session.execute(
        update(Delivery).where(Delivery.id == delivery_id).values(state="dead", attempt_count=1)
    )
    session.add(
        Attempt(
            delivery_id=delivery_id,
            number=1,
            started_at=NIGHT,
            ended_at=NIGHT,
            outcome="refused",
            status=0x0122,
            detail="",
        )
    )
    await session.flush()

    dead = (await client.get("/api/v1/deliveries", params={"state": "dead"})).json()
    tries = (await client.get(f"/api/v1/deliveries/{delivery_id}/attempts")).json()
    sent = await client.post(f"/api/v1/deliveries/{delivery_id}/resend")
    left = (await client.get("/api/v1/deliveries", params={"state": "dead"})).json()

    assert [each["delivery_id"] for each in dead] == [delivery_id]
    assert [(each["outcome"], each["status"]) for each in tries] == [("refused", 0x0122)]
    assert (sent.status_code, left) == (202, [])


@pytest.mark.asyncio
async def test_a_hospital_sees_its_deliveries_but_sends_nothing(
    reading: Reading, sign_in: SignIn
) -> None:
    site_id = reading.stage.site.id
    client = await sign_in_as(reading, sign_in, role=Role.SITE, site_id=site_id)

    listed = (await client.get("/api/v1/deliveries")).json()
    sent = await client.post(f"/api/v1/deliveries/{listed[0]['delivery_id']}/resend")

    assert len(listed) == 2
    assert sent.status_code == 403


@pytest.mark.asyncio
async def test_what_is_being_sent_is_not_sent_again(
    reading: Reading, sign_in: SignIn, session: AsyncSession
) -> None:
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)
    await session.execute(update(Delivery).values(state="sending"))
    delivery_id = (await session.scalars(select(Delivery.id))).first()

    sent = await client.post(f"/api/v1/deliveries/{delivery_id}/resend")

    assert sent.status_code == 409


@pytest.mark.asyncio
async def test_a_delivery_that_does_not_exist_is_not_found(
    reading: Reading, sign_in: SignIn
) -> None:
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)

    assert (await client.post("/api/v1/deliveries/999999/resend")).status_code == 404
    assert (await client.get("/api/v1/deliveries/999999/attempts")).status_code == 404
