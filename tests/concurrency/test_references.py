"""Who refers to a row need not wait for who works on it.

The jobs of studies lock a study and then its case; a claim locks the case and then refers to the
study, in the outbox. Were the locks stronger than an UPDATE's, the two would wait for each other.
"""

import asyncio

import pytest
from sqlalchemy import update

from app.cases import repository as cases
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseOpened
from app.db.session import Sessions, unit_of_work
from app.intake.models import Series, Study
from app.intake.repository import studies
from tests.factories.flow import take_news
from tests.factories.stage import NIGHT, add_study, set_stage

PATIENCE_S = 5


async def lay_case(sessions: Sessions) -> tuple[int, int]:
    """Commit a case with a study; return the keys of both."""
    async with unit_of_work(sessions) as session:
        study = await add_study(await set_stage(session))
        event = await take_news(session, study, now=NIGHT)
        assert isinstance(event, CaseOpened)
        return event.case_id, study.id


@pytest.mark.asyncio
async def test_a_fact_is_noted_while_somebody_works_on_the_case(sessions: Sessions) -> None:
    case_id, _ = await lay_case(sessions)

    async def note() -> None:
        async with unit_of_work(sessions) as session:
            await cases.add_event(
                session, case_id=case_id, kind=EventKind.COMPLETE, now=NIGHT, by_user_id=None
            )

    async with unit_of_work(sessions) as session:
        await cases.lock_case(session, case_id)
        await asyncio.wait_for(note(), PATIENCE_S)


@pytest.mark.asyncio
async def test_rows_refer_to_a_study_while_its_news_are_told(sessions: Sessions) -> None:
    _, study_id = await lay_case(sessions)
    async with unit_of_work(sessions) as session:
        grown = Study.announced_count + 1
        await session.execute(
            update(Study).where(Study.id == study_id).values(instance_count=grown)
        )

    async def refer() -> None:
        async with unit_of_work(sessions) as session:
            session.add(Series(study_id=study_id, series_instance_uid="1.2.3"))

    async with unit_of_work(sessions) as session:
        held = await studies.lock_studies_with_news(
            session, urgent="ASTREINTE_P1", limit=10, without=()
        )
        assert [study.id for study in held] == [study_id]
        await asyncio.wait_for(refer(), PATIENCE_S)
