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
from tests.factories.stage import NIGHT, add_study

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
