"""Which earlier studies of the patient go with a case."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.models import Case
from app.cases.repository import add_case, find_standing_case_of_study, link_study
from app.delivery import service as outbox
from app.delivery.models import CasePrior, Delivery
from app.directory.domain import Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import set_value
from app.intake.models import Patient, Study
from app.settings import Settings
from tests.factories.reading import Reading, add_instances, open_reading
from tests.factories.stage import NIGHT, add_patient, add_study, add_user

EARLIER = NIGHT - timedelta(hours=9)


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def find_patient(reading: Reading) -> Patient:
    return await reading.session.get_one(Patient, reading.study.patient_id)


async def add_prior(
    reading: Reading, *, made_on: str = "20240101", patient: Patient | None = None
) -> Study:
    study = await add_study(reading.stage, patient=patient or await find_patient(reading))
    study.study_date, study.intake_class = made_on, "prior"
    await add_instances(reading.session, study, count=1)
    return study


async def send_to_readers(reading: Reading) -> None:
    await outbox.send_to_readers(reading.session, reading.case_id, now=NIGHT)


async def list_priors(session: AsyncSession) -> list[int | None]:
    query = select(Delivery.study_id).where(Delivery.is_prior).order_by(Delivery.id)
    return list(await session.scalars(query))


@pytest.mark.asyncio
async def test_no_more_priors_go_than_the_setting_allows_the_newest_first(
    reading: Reading,
) -> None:
    _, newest, _ = [await add_prior(reading, made_on=f"{year}0101") for year in (2020, 2024, 2022)]
    admin = await add_user(reading.stage, role=Role.GCS_ADMIN)
    key = SettingKey.PRIORS_TO_READER
    await set_value(reading.session, key, value=1, actor=admin, now=NIGHT)

    await send_to_readers(reading)

    assert await list_priors(reading.session) == [newest.id]


@pytest.mark.asyncio
@pytest.mark.parametrize("doubt", ["of the case", "of the prior", "other name", "dummy", "purged"])
async def test_no_prior_goes_that_is_gone_or_not_certainly_the_patients(
    reading: Reading, doubt: str
) -> None:
    patient = await find_patient(reading)
    if doubt == "other name":
        patient = await add_patient(
            reading.stage, patient_id=patient.patient_id, name="DUPOND^JEAN"
        )
    prior = await add_prior(reading, patient=patient)
    reading.study.identity_open = doubt == "of the case"
    prior.identity_open = doubt == "of the prior"
    if doubt == "dummy":
        patient.patient_id = "INCONNU"
    if doubt == "purged":
        await reading.session.execute(text("UPDATE instance SET purged_at = arrived_at"))
    await reading.session.flush()

    await send_to_readers(reading)

    assert await list_priors(reading.session) == []


@pytest.mark.asyncio
async def test_what_another_case_is_about_is_a_prior_until_that_case_is_set_aside(
    reading: Reading,
) -> None:
    session, settings = reading.session, Settings()
    study = await add_study(reading.stage, patient=await find_patient(reading), at=EARLIER)
    await add_instances(session, study, count=1)
    await pipeline.images_arrived(session, study, settings=settings, now=EARLIER)
    other_id = await find_standing_case_of_study(session, study.id)
    assert other_id not in {None, reading.case_id}
    await send_to_readers(reading)
    before = await list_priors(session)

    await pipeline.void(session, other_id or 0, actor=reading.actor, reason="test", now=NIGHT)
    await send_to_readers(reading)

    chosen = list(await session.scalars(select(CasePrior.study_id)))
    assert (before, chosen) == ([study.id], [])


@pytest.mark.asyncio
@pytest.mark.parametrize("was", ["waiting", "dead"])
async def test_a_prior_that_somebody_is_to_read_after_all_is_one_no_more(
    reading: Reading, was: str
) -> None:
    session = reading.session
    prior = await add_prior(reading)
    await send_to_readers(reading)
    assert await list_priors(session) == [prior.id]
    await session.execute(
        update(Delivery)
        .where(Delivery.study_id == prior.id)
        .values(state=was, tries=9, due_at=NIGHT + timedelta(hours=1), node_was_away=True)
    )
    own_id = await copy_case(session, reading.case_id)
    await link_study(session, case_id=own_id, study_id=prior.id, now=NIGHT)

    await outbox.plan_images(
        session, case_id=own_id, radiologist_ids=[reading.radiologist.id], now=NIGHT
    )

    row = (await session.scalars(select(Delivery).where(Delivery.study_id == prior.id))).one()
    assert (row.is_prior, row.case_id) == (False, own_id)
    # As young as what is asked for the first time: a reader waits for it.
    assert (row.state, row.tries, row.due_at) == ("waiting", 0, NIGHT)


async def copy_case(session: AsyncSession, case_id: int) -> int:
    """Add a case of the same patient at the same site."""
    case = await session.get_one(Case, case_id)
    own = Case(
        site_id=case.site_id,
        patient_id=case.patient_id,
        priority="P3",
        priority_reason="usual",
        state_at=NIGHT,
        created_at=NIGHT,
    )
    return (await add_case(session, own)).id
