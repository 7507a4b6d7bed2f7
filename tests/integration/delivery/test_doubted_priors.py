"""A prior leaves only while nobody doubts whose it is, and while it is one of the case's."""

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.directory.domain import Actor, Role
from app.intake.domain.classes import IntakeClass
from app.intake.models import Patient, Study, StudyIdentity
from app.settings import Settings
from tests.factories.reading import Reading, add_instances, open_reading
from tests.factories.sending import claim_one
from tests.factories.stage import NIGHT, add_patient, add_study, add_user


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def find_patient(reading: Reading) -> Patient:
    return await reading.session.get_one(Patient, reading.study.patient_id)


async def add_prior(reading: Reading, *, patient: Patient | None = None) -> Study:
    study = await add_study(reading.stage, patient=patient or await find_patient(reading))
    study.study_date, study.intake_class = "20240101", "prior"
    await add_instances(reading.session, study, count=1)
    return study


async def queue_prior(reading: Reading) -> Study:
    """Let a prior of the case wait for the reader's node, alone."""
    prior = await add_prior(reading)
    await outbox.send_to_readers(reading.session, reading.case_id, now=NIGHT)
    own = await find_delivery(reading.session, reading.study)
    own.state = "dead"
    await reading.session.flush()
    return prior


async def find_delivery(session: AsyncSession, study: Study) -> Delivery:
    query = select(Delivery).where(Delivery.study_id == study.id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def list_priors(session: AsyncSession) -> list[tuple[int | None, str]]:
    query = select(Delivery).where(Delivery.is_prior).order_by(Delivery.id)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [(each.study_id, each.state) for each in rows]


async def add_identity(session: AsyncSession, study: Study, patient: Patient) -> None:
    session.add(
        StudyIdentity(
            study_id=study.id,
            patient_id=patient.id,
            first_seen_at=NIGHT,
            last_seen_at=NIGHT,
            as_received={},
            news="conflict",
        )
    )
    await session.flush()


async def choose(reading: Reading, study: Study, patient: Patient) -> None:
    await pipeline.identity_chosen(
        reading.session,
        study.id,
        patient_id=patient.id,
        reason="they called",
        actor=reading.actor,
        now=NIGHT,
    )


async def coordinate(reading: Reading) -> Actor:
    return await add_user(reading.stage, role=Role.COORDINATOR)


@pytest.mark.asyncio
async def test_a_queued_prior_waits_while_it_is_not_certain_whose_it_is(reading: Reading) -> None:
    session, prior = reading.session, await queue_prior(reading)
    prior.identity_open = True
    await session.flush()

    assert await claim_one(session, now=NIGHT) is None

    prior.identity_open = False
    await session.flush()
    assert await claim_one(session, now=NIGHT) is not None


@pytest.mark.asyncio
async def test_images_of_a_doubted_prior_do_not_follow_what_is_being_sent(
    reading: Reading,
) -> None:
    session, prior = reading.session, await queue_prior(reading)
    assert await claim_one(session, now=NIGHT) is not None
    other = await add_patient(reading.stage, name="DURAND^CLAIRE")
    await add_identity(session, prior, other)
    await add_instances(session, prior, count=1)
    prior.identity_open = True
    await session.flush()

    await pipeline.identity_changed(session, prior, now=NIGHT)
    await outbox.send_new_images(session, study_id=prior.id, now=NIGHT)

    assert await claim_one(session, now=NIGHT) is None
    assert await outbox.find_next_due(session) is None
    assert (await find_delivery(session, prior)).state == "cancelled"


@pytest.mark.asyncio
async def test_no_prior_of_somebody_else_goes_once_the_case_is_another_patients(
    reading: Reading,
) -> None:
    session, prior = reading.session, await queue_prior(reading)
    other = await add_patient(reading.stage, patient_id="PID-9", name="DURAND^CLAIRE")
    own_prior = await add_prior(reading, patient=other)
    await add_identity(session, reading.study, other)

    await choose(reading, reading.study, other)

    assert await list_priors(session) == [(prior.id, "cancelled"), (own_prior.id, "waiting")]


@pytest.mark.asyncio
@pytest.mark.parametrize("intake_class", [IntakeClass.TEST, IntakeClass.PRIOR])
async def test_a_study_that_is_classed_anew_goes_as_a_prior_only_if_it_is_one(
    reading: Reading, intake_class: IntakeClass
) -> None:
    session, study = reading.session, await queue_prior(reading)
    if intake_class is IntakeClass.PRIOR:
        study.intake_class = IntakeClass.TEST.value
        await session.flush()
        await outbox.send_to_readers(session, reading.case_id, now=NIGHT)
        assert await list_priors(session) == [(study.id, "cancelled")]

    await pipeline.reclass_study(
        session,
        study.id,
        intake_class=intake_class,
        reason="they called",
        actor=await coordinate(reading),
        now=NIGHT,
    )

    state = "waiting" if intake_class is IntakeClass.PRIOR else "cancelled"
    assert await list_priors(session) == [(study.id, state)]


@pytest.mark.asyncio
async def test_a_prior_goes_once_somebody_has_said_whose_it_is(reading: Reading) -> None:
    session, prior = reading.session, await add_prior(reading)
    prior.identity_open = True
    await add_identity(session, prior, await find_patient(reading))
    await pipeline.images_arrived(session, prior, settings=Settings(), now=NIGHT)
    before = await list_priors(session)

    await choose(reading, prior, await find_patient(reading))

    assert (before, await list_priors(session)) == ([], [(prior.id, "waiting")])
