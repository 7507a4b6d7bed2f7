"""The number of images that a request announces, and the studies that answer it."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.intake.models import Patient, Study
from app.requests.repository.requests import get_request
from app.settings import Settings
from tests.factories.asking import Asking, begin_asking
from tests.factories.stage import NIGHT, add_patient, add_study

LATER = NIGHT + timedelta(minutes=20)


async def send_for(asking: Asking, request_id: int, *, of: Study | None = None) -> Study:
    """Let images of a request arrive; of the patient of another study, when one is given."""
    request = await get_request(asking.session, request_id)
    patient = (
        await asking.session.get_one(Patient, of.patient_id)
        if of is not None
        else await add_patient(asking.stage, patient_id=request.patient_id)
    )
    study = await add_study(
        asking.stage,
        at=LATER,
        patient=patient,
        accession_number=request.accession_number,
        instances=10,
    )
    await pipeline.images_arrived(asking.session, study, settings=Settings(), now=LATER)
    await asking.session.refresh(study)
    return study


@pytest.mark.asyncio
async def test_the_number_of_a_request_counts_for_its_one_study_and_for_none_of_two(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    (await get_request(session, request_id)).expected_count = 12
    await asking.decide(request_id)

    first = await send_for(asking, request_id)
    of_one = (first.expected_count, first.expected_by)
    said = first.complete_reason or ""
    second = await send_for(asking, request_id, of=first)
    await session.refresh(first)

    assert of_one == (12, "request")
    assert said.endswith(" of 12 images announced by the request")
    case_id = await cases.find_case_of_request(session, request_id)
    assert case_id is not None
    together = {each.id for each in await cases.list_studies(session, case_id)}
    assert together == {first.id, second.id}
    assert [first.expected_count, second.expected_count] == [None, None]


@pytest.mark.asyncio
async def test_a_request_without_a_number_announces_nothing(session: AsyncSession) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    await asking.decide(request_id)

    study = await send_for(asking, request_id)

    assert (study.expected_count, study.expected_by) == (None, None)
