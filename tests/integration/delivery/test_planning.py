"""What goes into the outbox, and what is taken out or asked for again."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery import service as outbox
from app.delivery.models import DeliveredInstance, Delivery
from app.directory.models import Centre, Endpoint, Site
from app.intake.models import Instance
from app.kit.errors import Conflict, NotFound
from app.reports.models import Document
from tests.factories.reading import Reading, open_reading
from tests.factories.sending import claim_one
from tests.factories.stage import NIGHT, add_radiologist

LATER = NIGHT + timedelta(hours=1)


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def plan_report(reading: Reading) -> int:
    signed = await reading.write_and_sign(now=NIGHT)
    return await outbox.plan_report(
        reading.session, case_id=reading.case_id, version_id=signed.version_id, now=NIGHT
    )


async def plan_images(reading: Reading, *radiologist_ids: int) -> int:
    return await outbox.plan_images(
        reading.session, case_id=reading.case_id, radiologist_ids=radiologist_ids, now=NIGHT
    )


async def list_deliveries(session: AsyncSession) -> list[Delivery]:
    query = select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return list(await session.scalars(query))


@pytest.mark.asyncio
async def test_a_node_gets_the_forms_that_it_takes(reading: Reading) -> None:
    session = reading.session
    await session.execute(update(Endpoint).values(forms=["sr"]))

    count = await plan_report(reading)

    forms = list(
        await session.scalars(
            select(Document.form).join(Delivery, Delivery.document_id == Document.id)
        )
    )
    assert (count, forms) == (1, ["sr"])


@pytest.mark.asyncio
async def test_a_site_without_a_node_gets_nothing(reading: Reading) -> None:
    await reading.session.execute(update(Site).values(endpoint_id=None))

    assert await plan_report(reading) == 0
    assert await list_deliveries(reading.session) == []


@pytest.mark.asyncio
async def test_images_go_once_to_each_node_however_often_they_are_asked_for(
    reading: Reading,
) -> None:
    second, _ = await add_radiologist(reading.stage)

    first_time = await plan_images(reading, reading.radiologist.id, second.id)
    second_time = await plan_images(reading, second.id)

    assert (first_time, second_time) == (2, 1)
    assert len(await list_deliveries(reading.session)) == 2


@pytest.mark.asyncio
async def test_a_centre_without_a_node_is_passed_over(reading: Reading) -> None:
    await reading.session.execute(update(Centre).values(endpoint_id=None))

    assert await plan_images(reading, reading.radiologist.id) == 0


@pytest.mark.asyncio
async def test_what_was_cancelled_is_sent_when_it_is_asked_for_again(reading: Reading) -> None:
    await plan_images(reading, reading.radiologist.id)
    await outbox.cancel_for_case(reading.session, case_id=reading.case_id, now=NIGHT)

    await plan_images(reading, reading.radiologist.id)

    assert [each.state for each in await list_deliveries(reading.session)] == ["waiting"]


@pytest.mark.asyncio
async def test_images_that_a_node_has_lost_are_sent_anew(reading: Reading) -> None:
    session = reading.session
    await plan_images(reading, reading.radiologist.id)
    (delivery,) = await list_deliveries(session)
    for instance_id in await session.scalars(select(Instance.id)):
        session.add(DeliveredInstance(delivery_id=delivery.id, instance_id=instance_id))
    await session.flush()
    await session.execute(update(Delivery).values(state="delivered", sent_count=2))

    await outbox.resend(session, delivery_id=delivery.id, actor=reading.actor, now=LATER)

    (again,) = await list_deliveries(session)
    assert (again.state, again.sent_count, again.asked_at) == ("waiting", 0, LATER)
    shipment = await claim_one(session, now=LATER)
    assert shipment is not None
    assert len(shipment.items) == 2


@pytest.mark.asyncio
async def test_what_was_cancelled_is_not_sent_by_a_click(reading: Reading) -> None:
    await plan_images(reading, reading.radiologist.id)
    await outbox.cancel_for_case(reading.session, case_id=reading.case_id, now=NIGHT)
    (delivery,) = await list_deliveries(reading.session)

    with pytest.raises(Conflict, match="cancelled"):
        await outbox.resend(
            reading.session, delivery_id=delivery.id, actor=reading.actor, now=LATER
        )


@pytest.mark.asyncio
async def test_a_delivery_that_does_not_exist_is_not_found(reading: Reading) -> None:
    with pytest.raises(NotFound):
        await outbox.resend(reading.session, delivery_id=0, actor=reading.actor, now=LATER)


@pytest.mark.asyncio
async def test_the_report_goes_before_the_images(reading: Reading) -> None:
    await plan_images(reading, reading.radiologist.id)
    await plan_report(reading)
    await reading.session.execute(
        update(Document).values(rendered_at=NIGHT, path="x", digest=b"x", size_bytes=1)
    )

    shipment = await claim_one(reading.session, now=LATER)

    assert shipment is not None
    assert shipment.kind == "report"
