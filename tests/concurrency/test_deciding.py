"""Only one decides at a time."""

import pytest

from app import pipeline
from app.cases import repository as cases
from app.db.locks import try_lock
from app.db.session import Sessions, unit_of_work
from app.settings import read_settings
from tests.factories.stage import NIGHT, add_radiologist, add_study, put_on_guard, set_stage


@pytest.mark.asyncio
async def test_a_case_opened_while_another_decides_is_left_to_the_next_decision(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, _ = await add_radiologist(stage)
        await put_on_guard(stage, reader)
        study = await add_study(stage, called_ae_title="ASTREINTE_P1")

    async with unit_of_work(sessions) as deciding:
        assert await try_lock(deciding, pipeline.DECIDING)
        async with unit_of_work(sessions) as session:
            own = await session.merge(study)
            settings = read_settings({})
            case_id = await pipeline.images_arrived(session, own, settings=settings, now=NIGHT)
            assert case_id is not None
            await pipeline.offer_at_once(session, case_id, now=NIGHT)
            assert (await cases.get_case(session, case_id)).state == "open"

    async with unit_of_work(sessions) as session:
        assert await pipeline.case_due(session, case_id, now=NIGHT)
