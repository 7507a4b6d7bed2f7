"""Images that come at the moment at which somebody changes what they belong to."""

import asyncio

import pytest

from app import pipeline
from app.cases import repository as cases
from app.db.session import Sessions, unit_of_work
from app.intake.models import Study
from app.requests.repository.requests import get_request
from app.settings import Settings
from tests.factories.asking import begin_asking
from tests.factories.stage import NIGHT, add_patient, add_study, set_stage

LONG_ENOUGH_S = 0.3
"""For a second session to reach the row that the first one holds."""


@pytest.mark.asyncio
async def test_images_that_come_while_their_request_is_cancelled_stand_alone(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        asking = await begin_asking(session)
        request_id = await asking.submit()
        await asking.decide(request_id)
        study_id = (await add_study(asking.stage, accession_number="A-1")).id

    async def arrive() -> None:
        async with unit_of_work(sessions) as session:
            study = await session.get_one(Study, study_id)
            await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)

    async with unit_of_work(sessions) as session:
        await pipeline.cancel_request(
            session, request_id, reason="Transfert", actor=asking.hospital, now=NIGHT
        )
        arriving = asyncio.create_task(arrive())
        await asyncio.sleep(LONG_ENOUGH_S)
        assert not arriving.done()
    await arriving

    async with unit_of_work(sessions) as session:
        case_id = await cases.find_case_of_study(session, study_id)
        assert case_id is not None
        assert (await cases.get_case(session, case_id)).state == "open"
        assert await cases.list_request_ids(session, case_id) == []
        assert (await get_request(session, request_id)).images_at is None


@pytest.mark.asyncio
async def test_cases_that_grow_together_are_locked_in_the_order_of_their_keys(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        grown = [
            await add_study(stage, patient=await add_patient(stage, patient_id=each))
            for each in ("ONE", "OTHER")
        ]
        first, second = [
            await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)
            for study in grown
        ]
        for study in grown:
            study.instance_count += 1
    assert first is not None
    assert second is not None

    async def grow() -> None:
        async with unit_of_work(sessions) as session:
            # As an urgent study may come before one whose case is older.
            news = [await session.get_one(Study, study.id) for study in reversed(grown)]
            await pipeline.all_images_arrived(session, news, settings=Settings(), now=NIGHT)

    async with unit_of_work(sessions) as session:
        await cases.lock_case(session, first)
        growing = asyncio.create_task(grow())
        await asyncio.sleep(LONG_ENOUGH_S)
        assert not growing.done()
        # Whoever waits for the first holds no later one: else two could wait for each other.
        assert await cases.try_lock_case(session, second)
    await growing
