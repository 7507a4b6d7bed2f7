"""Two cases of one patient, each of which sends the other's study as a prior."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.models import Case
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.intake.models import Patient
from tests.factories.reading import add_instances, open_reading
from tests.factories.stage import NIGHT, add_study

ROUNDS = 8


async def lay_siblings(sessions: Sessions) -> tuple[int, int]:
    """Commit two cases of one patient, that one radiologist reads."""
    async with unit_of_work(sessions) as session:
        reading = await open_reading(session)
        patient = await session.get_one(Patient, reading.study.patient_id)
        study = await add_study(reading.stage, patient=patient)
        study.intake_class = "case"
        reading.study.intake_class = "case"
        await add_instances(session, study, count=1)
        case = await session.get_one(Case, reading.case_id)
        other = Case(
            site_id=case.site_id,
            patient_id=case.patient_id,
            priority="P3",
            priority_reason="usual",
            state="reading",
            reader_id=reading.radiologist.id,
            state_at=NIGHT,
            created_at=NIGHT,
        )
        other_id = (await cases.add_case(session, other)).id
        await cases.link_study(session, case_id=other_id, study_id=study.id, now=NIGHT)
        return reading.case_id, other_id


@asynccontextmanager
async def holding(sessions: Sessions, case_id: int) -> AsyncGenerator[AsyncSession]:
    async with unit_of_work(sessions) as session:
        await cases.lock_case(session, case_id)
        yield session


@pytest.mark.asyncio
async def test_two_cases_that_send_each_others_study_never_wait_for_each_other(
    sessions: Sessions,
) -> None:
    pair = await lay_siblings(sessions)

    async def send(case_id: int, both: asyncio.Barrier) -> None:
        async with holding(sessions, case_id) as session:
            await both.wait()
            await outbox.send_to_readers(session, case_id, now=NIGHT)

    for _ in range(ROUNDS):
        both = asyncio.Barrier(2)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for case_id in pair:
                group.create_task(send(case_id, both))

    async with unit_of_work(sessions) as session:
        rows = list(await session.scalars(select(Delivery)))
    assert sorted((each.case_id, each.is_prior) for each in rows) == [
        (case_id, False) for case_id in sorted(pair)
    ]
