"""Whom the directory has disabled is asked for nothing, whatever the planning says."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.events import CaseOpened
from app.dispatch import service
from app.dispatch.events import CaseNominated
from app.kit.errors import NotAllowed
from tests.factories.deciding import nominate_due
from tests.factories.flow import take_news
from tests.factories.stage import NIGHT, add_radiologist, add_study, put_on_guard, set_stage


@pytest.mark.asyncio
async def test_a_disabled_radiologist_is_neither_nominated_nor_can_claim(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    disabled, actor = await add_radiologist(stage)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, disabled)
    await put_on_guard(stage, reader)
    disabled.disabled_at = NIGHT - timedelta(days=1)
    await session.flush()
    event = await take_news(
        session, await add_study(stage, called_ae_title="ASTREINTE_P1"), now=NIGHT
    )
    assert isinstance(event, CaseOpened)

    nominated = await nominate_due(session, event.case_id, now=NIGHT)

    assert nominated == CaseNominated(case_id=event.case_id, radiologist_ids=(reader.id,))
    with pytest.raises(NotAllowed):
        await service.claim(session, case_id=event.case_id, actor=actor, now=NIGHT)
    assert (await cases.get_case(session, event.case_id)).reader_id is None
