"""Paper reaches the centre while the case is read; after the signature it is silent."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.models import Case
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.settings import Settings
from tests.factories.reading import open_reading
from tests.factories.stage import NIGHT


@pytest.mark.asyncio
@pytest.mark.parametrize(("state", "sent"), [("reading", "waiting"), ("signed", "delivered")])
async def test_paper_is_sent_to_the_centre_only_until_the_signature(
    session: AsyncSession, state: str, sent: str
) -> None:
    reading = await open_reading(session)
    await outbox.plan_images(
        session, case_id=reading.case_id, radiologist_ids=[reading.radiologist.id], now=NIGHT
    )
    await session.execute(update(Delivery).values(state="delivered"))
    await session.execute(update(Case).values(state=state))
    told = len(await cases.list_events(session, reading.case_id))
    reading.study.instance_count += 1
    reading.study.paper_count += 1

    await pipeline.images_arrived(
        session, reading.study, settings=Settings(), now=NIGHT + timedelta(minutes=20)
    )

    assert await session.scalar(select(Delivery.state)) == sent
    assert len(await cases.list_events(session, reading.case_id)) == told
