"""Nothing more leaves for a case that was voided, whatever happens later."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.kit.errors import Conflict
from app.settings import read_settings
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import NIGHT

LATER = NIGHT + timedelta(hours=1)


async def void_with_images(session: AsyncSession, *, state: str) -> tuple[Reading, int]:
    """Void a case whose images are in a state of the outbox; return it with their delivery."""
    reading = await open_reading(session)
    await outbox.plan_images(
        session, case_id=reading.case_id, radiologist_ids=[reading.radiologist.id], now=NIGHT
    )
    await session.execute(update(Delivery).values(state=state))
    await pipeline.void(
        session, reading.case_id, actor=reading.actor, reason="wrong patient", now=NIGHT
    )
    return reading, (await session.scalars(select(Delivery.id))).one()


@pytest.mark.asyncio
async def test_late_images_of_a_voided_case_stay_here(session: AsyncSession) -> None:
    reading, delivery_id = await void_with_images(session, state="delivered")
    reading.study.instance_count += 1

    await pipeline.images_arrived(session, reading.study, settings=read_settings({}), now=LATER)

    query = select(Delivery.state).where(Delivery.id == delivery_id)
    assert await session.scalar(query) == "delivered"


@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["dead", "delivered"])
async def test_no_click_sends_anything_of_a_voided_case(session: AsyncSession, state: str) -> None:
    reading, delivery_id = await void_with_images(session, state=state)

    with pytest.raises(Conflict, match="voided"):
        await outbox.resend(session, delivery_id=delivery_id, actor=reading.actor, now=LATER)
