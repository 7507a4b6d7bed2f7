"""A prior that several cases have goes to a node as long as one of them is read there."""

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.models import Case
from app.cases.repository import add_case, link_study
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.directory.domain import Role
from app.intake.models import Patient, Study
from tests.factories.reading import Reading, add_instances, open_reading
from tests.factories.stage import NIGHT, add_radiologist, add_study, add_user


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def add_prior(reading: Reading) -> Study:
    session = reading.session
    patient = await session.get_one(Patient, reading.study.patient_id)
    study = await add_study(reading.stage, patient=patient)
    study.study_date, study.intake_class = "20240101", "prior"
    await add_instances(session, study, count=1)
    return study


async def read_another_case(reading: Reading) -> int:
    """Let the reader have another case of the same patient, with the same priors."""
    session = reading.session
    case = await session.get_one(Case, reading.case_id)
    patient = await session.get_one(Patient, reading.study.patient_id)
    study = await add_study(reading.stage, patient=patient)
    await add_instances(session, study, count=1)
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
    other_id = (await add_case(session, other)).id
    await link_study(session, case_id=other_id, study_id=study.id, now=NIGHT)
    await outbox.send_to_readers(session, other_id, now=NIGHT)
    return other_id


async def list_deliveries(session: AsyncSession, study: Study) -> list[tuple[int | None, str]]:
    query = select(Delivery).where(Delivery.study_id == study.id).order_by(Delivery.id)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [(each.case_id, each.state) for each in rows]


async def lose(reading: Reading, case_id: int, *, by: str) -> None:
    """Let a case be read by nobody at the reader's centre any more."""
    session = reading.session
    if by == "void":
        coordinator = await add_user(reading.stage, role=Role.COORDINATOR)
        await pipeline.void(session, case_id, actor=coordinator, reason="a test", now=NIGHT)
        return
    away, _ = await add_radiologist(reading.stage)
    (await session.get_one(Case, case_id)).reader_id = away.id
    await outbox.send_to_readers(session, case_id, now=NIGHT)


@pytest.mark.asyncio
@pytest.mark.parametrize("by", ["void", "other reader"])
async def test_a_shared_prior_goes_for_the_case_that_is_still_read_there(
    reading: Reading, by: str
) -> None:
    session, prior = reading.session, await add_prior(reading)
    await outbox.send_to_readers(session, reading.case_id, now=NIGHT)
    other_id = await read_another_case(reading)
    assert await list_deliveries(session, prior) == [(other_id, "waiting")]

    await lose(reading, other_id, by=by)
    left = (await list_deliveries(session, prior))[0]
    await lose(reading, reading.case_id, by=by)

    assert left == (reading.case_id, "waiting")
    assert (await list_deliveries(session, prior))[0][1] == "cancelled"


@pytest.mark.asyncio
async def test_what_comes_late_of_a_shared_prior_follows_for_the_case_that_is_left(
    reading: Reading,
) -> None:
    session, prior = reading.session, await add_prior(reading)
    await outbox.send_to_readers(session, reading.case_id, now=NIGHT)
    other_id = await read_another_case(reading)
    delivery = (await session.scalars(select(Delivery).where(Delivery.study_id == prior.id))).one()
    delivery.state = "delivered"
    await session.flush()
    await lose(reading, other_id, by="void")

    await outbox.send_new_images(session, study_id=prior.id, now=NIGHT)

    assert await list_deliveries(session, prior) == [(reading.case_id, "waiting")]
