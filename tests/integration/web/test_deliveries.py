"""Deliveries over the API: what left, every try, and the click that sends again."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery import service as outbox
from app.delivery.models import Attempt, Delivery
from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.planning.models import OnCallSheet
from app.reports import service as reports
from app.reports.models import Document
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


async def add_notification(reading: Reading) -> int:
    sheet = OnCallSheet(
        made_at=NIGHT,
        period=Range(NIGHT, NIGHT + timedelta(hours=72)),
        published_count=0,
        path="sheets/1.pdf",
        digest=b"1",
        size_bytes=1,
    )
    reading.session.add(sheet)
    await reading.session.flush()
    await outbox.plan_sheet(
        reading.session, sheet_id=sheet.id, addresses=["urgences@hopital.example"], now=NIGHT
    )
    query = select(Delivery).where(Delivery.sheet_id == sheet.id)
    letter = (await reading.session.scalars(query)).one()
    letter.state = "dead"
    await reading.session.flush()
    return letter.id


@pytest.mark.asyncio
async def test_the_group_sees_mails_that_were_given_up_and_sends_them_again(
    reading: Reading, sign_in: SignIn
) -> None:
    letter_id = await add_notification(reading)
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)

    (dead,) = (await client.get("/api/v1/deliveries", params={"state": "dead"})).json()
    tries = await client.get(f"/api/v1/deliveries/{letter_id}/attempts")
    page = await client.get("/deliveries")
    sent = await client.post(f"/api/v1/deliveries/{letter_id}/resend")

    assert (dead["delivery_id"], dead["kind"]) == (letter_id, "notification")
    assert (dead["case_id"], dead["site_name"]) == (None, None)
    assert dead["endpoint_name"] == "urgences@hopital.example"
    assert (tries.status_code, tries.json()) == (200, [])
    assert "urgences@hopital.example" in page.text
    assert sent.status_code == 202


@pytest.mark.asyncio
async def test_a_hospital_sees_no_mail_of_the_group(reading: Reading, sign_in: SignIn) -> None:
    letter_id = await add_notification(reading)
    client = await sign_in_as(reading, sign_in, role=Role.SITE, site_id=reading.stage.site.id)

    listed = (await client.get("/api/v1/deliveries")).json()
    tries = await client.get(f"/api/v1/deliveries/{letter_id}/attempts")

    assert letter_id not in {each["delivery_id"] for each in listed}
    assert tries.status_code == 404


async def refuse_sr(reading: Reading) -> None:
    """Let the site's node have refused the structured report for good."""
    query = (
        select(Delivery.id)
        .join(Document, Document.id == Delivery.document_id)
        .where(Document.form == "sr")
    )
    delivery_id = (await reading.session.scalars(query)).one()
    await reading.session.execute(
        update(Delivery).where(Delivery.id == delivery_id).values(state="dead")
    )
    reading.session.add(
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
    await reading.session.flush()


@pytest.mark.asyncio
async def test_what_a_node_refuses_stands_on_the_node_until_it_takes_it(
    reading: Reading, sign_in: SignIn
) -> None:
    await refuse_sr(reading)
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)
    site = f"/api/v1/sites/{reading.stage.site.id}"

    (refusal,) = (await client.get("/api/v1/deliveries/refusals")).json()
    (on_node,) = (await client.get(site)).json()["node"]["refusals"]
    await reading.session.execute(
        update(Delivery).where(Delivery.state == "dead").values(delivered_at=NIGHT)
    )
    left = (await client.get("/api/v1/deliveries/refusals")).json()

    assert (refusal["form"], refusal["status"], refusal["count"]) == ("sr", 0x0122, 1)
    assert refusal["since"].startswith("2026-11-20T21:00:00")
    assert on_node == refusal
    assert left == []


@pytest.mark.asyncio
async def test_the_coordinator_sends_what_the_site_is_missing(
    reading: Reading, sign_in: SignIn
) -> None:
    await refuse_sr(reading)
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)
    path = f"/api/v1/cases/{reading.case_id}/deliveries"

    first = await client.post(path)
    second = await client.post(path)

    assert (first.status_code, first.json()) == (202, {"count": 1})
    assert second.json() == {"count": 0}


@pytest.mark.asyncio
async def test_without_a_node_there_is_nothing_to_send(reading: Reading, sign_in: SignIn) -> None:
    reading.stage.site.endpoint_id = None
    await reading.session.flush()
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)

    refused = await client.post(f"/api/v1/cases/{reading.case_id}/deliveries")

    assert refused.status_code == 409
    assert "node" in refused.json()["detail"]


@pytest.mark.asyncio
async def test_a_hospital_may_not_send_anything_itself(reading: Reading, sign_in: SignIn) -> None:
    client = await sign_in_as(reading, sign_in, role=Role.SITE, site_id=reading.stage.site.id)

    refused = await client.post(f"/api/v1/cases/{reading.case_id}/deliveries")

    assert refused.status_code == 403


@pytest.mark.asyncio
async def test_the_pages_show_what_a_node_refuses_and_a_button_sends_it_again(
    reading: Reading, sign_in: SignIn
) -> None:
    await refuse_sr(reading)
    client = await sign_in_as(reading, sign_in, role=Role.COORDINATOR)
    hospital = await sign_in_as(reading, sign_in, role=Role.SITE, site_id=reading.stage.site.id)
    path = f"/cases/{reading.case_id}"
    button = f'action="{path}/deliveries"'

    listed = (await client.get("/deliveries")).text
    refusals = listed.partition('id="refusals-title"')[2].partition("</table>")[0]
    shown = button in (await client.get(path)).text
    shown_to_hospital = button in (await hospital.get(path)).text
    sent = await client.post(f"{path}/deliveries")
    by_hospital = await hospital.post(f"{path}/deliveries")
    dead = (await client.get("/api/v1/deliveries", params={"state": "dead"})).json()

    assert "0x0122" in refusals
    assert (shown, shown_to_hospital) == (True, False)
    assert (sent.status_code, sent.headers["Location"]) == (303, path)
    assert by_hospital.status_code == 403
    assert dead == []
