"""What is due is due no longer once it was looked at, whatever came of it."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.dispatch import repository, service
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)


async def set_night(session: AsyncSession) -> tuple[Stage, int]:
    """Give a P1 that nobody was offered yet, and two on guard."""
    stage = await set_stage(session)
    for _ in range(2):
        await put_on_guard(stage, (await add_radiologist(stage))[0])
    return stage, await open_case(stage, urgent=True)


async def test_a_case_that_is_due_without_an_image_waits_for_its_first(
    session: AsyncSession,
) -> None:
    _, case_id = await set_night(session)
    await cases.change(session, case_id, first_image_at=None, signed_due_at=None)

    assert not await pipeline.case_due(session, case_id, now=NIGHT)

    assert (await cases.get_case(session, case_id)).dispatch_due_at is None
    assert await service.find_due(session, now=NIGHT, limit=10) == []


async def test_a_claim_of_a_case_that_is_not_read_is_not_due_and_wakes_nobody(
    session: AsyncSession,
) -> None:
    stage, case_id = await set_night(session)
    await offer_case(stage, case_id, at=NIGHT)
    (reader_id, *_) = await repository.list_nominees(session, case_id)
    await repository.add_claim(
        session,
        case_id=case_id,
        radiologist_id=reader_id,
        expected_read=10 * MINUTE,
        due_at=NIGHT,
        now=NIGHT,
    )

    assert await service.find_due(session, now=NIGHT, limit=10) == []
    assert await service.find_next_due(session) == NIGHT + MINUTE, "its first step"


@pytest.mark.parametrize(("priority", "later"), [("P1", MINUTE / 4), ("P2", MINUTE)])
async def test_what_could_not_be_decided_is_tried_again_soon_and_sooner_when_it_is_urgent(
    session: AsyncSession, priority: str, later: timedelta
) -> None:
    stage, case_id = await set_night(session)
    await offer_case(stage, case_id, at=NIGHT)
    due = {"dispatch_due_at": NIGHT, "step_due_at": NIGHT}
    await cases.change(session, case_id, priority=priority, **due)

    await service.put_off(session, case_id, now=NIGHT)

    case = await cases.get_case(session, case_id)
    assert (case.dispatch_due_at, case.step_due_at) == (NIGHT + later, NIGHT + later)
