"""From a request to its images: the case is there before them, and owned."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.dispatch import service as dispatch
from app.dispatch.repository import list_decisions, list_nominees
from app.dispatch.service.weighing import AwaitsImages
from app.intake.models import Patient, Study
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.repository.requests import get_request
from app.settings import Settings
from tests.factories.asking import Asking, begin_asking
from tests.factories.stage import (
    NIGHT,
    add_patient,
    add_radiologist,
    add_study,
    put_on_guard,
)

LATER = NIGHT + timedelta(minutes=20)


async def case_of(asking: Asking, request_id: int) -> int:
    case_id = await cases.find_case_of_request(asking.session, request_id)
    assert case_id is not None
    return case_id


async def send_for(asking: Asking, request_id: int, *, accession: bool = True) -> Study:
    """Let the images of a request arrive, by accession number or by Patient ID alone."""
    request = await get_request(asking.session, request_id)
    patient = await add_patient(asking.stage, patient_id=request.patient_id)
    study = await add_study(
        asking.stage,
        at=LATER,
        patient=patient,
        accession_number=request.accession_number if accession else "",
        instances=10,
    )
    await pipeline.images_arrived(asking.session, study, settings=Settings(), now=LATER)
    return study


@pytest.mark.asyncio
async def test_a_validated_request_opens_a_case_that_nobody_is_offered_yet(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    assert await cases.find_case_of_request(session, request_id) is None

    await asking.decide(request_id)

    case = await cases.get_case(session, await case_of(asking, request_id))
    request = await get_request(session, request_id)
    patient = await session.get_one(Patient, case.patient_id)
    assert (case.state, case.owner_id) == ("open", asking.radiologist.id)
    assert (case.first_image_at, case.signed_due_at, case.dispatch_due_at) == (None, None, None)
    assert (case.priority, case.description) == (request.priority, request.exam)
    assert patient.domain_id == asking.stage.domain.id
    assert case.id not in await dispatch.find_due(session, now=LATER, limit=10)
    assert await dispatch.nominate(session, case.id, cause="due", now=LATER) is None
    with pytest.raises(AwaitsImages):
        await pipeline.claim(session, case.id, actor=asking.reader, now=LATER)


@pytest.mark.asyncio
@pytest.mark.parametrize("accession", [True, False])
async def test_the_images_find_their_request_and_are_offered_to_who_validated_it(
    session: AsyncSession,
    accession: bool,  # noqa: FBT001 - both ways
) -> None:
    asking = await begin_asking(session)
    rival, _ = await add_radiologist(asking.stage)
    await put_on_guard(asking.stage, rival)
    request_id = await asking.submit()
    await asking.decide(request_id)
    case_id = await case_of(asking, request_id)

    study = await send_for(asking, request_id, accession=accession)

    case = await cases.get_case(session, case_id)
    assert await cases.find_case_of_study(session, study.id) == case_id
    assert (case.first_image_at, case.patient_id) == (LATER, study.patient_id)
    assert case.signed_due_at is not None
    assert case.dispatch_due_at is not None
    await pipeline.case_due(session, case_id, now=max(case.dispatch_due_at, LATER))
    assert asking.radiologist.id in await list_nominees(session, case_id)
    ranking = (await list_decisions(session, case_id))[-1].ranking
    assert ranking["nominees"][0] == asking.radiologist.id
    assert ranking["readers"][0]["reasons"][0] == "validated the request"
    request = await get_request(session, request_id)
    assert request.images_due_at is None
    assert "no_request" not in [e.kind for e in await cases.list_events(session, case_id)]


@pytest.mark.asyncio
async def test_images_before_the_decision_open_a_case_that_the_request_joins(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()

    study = await send_for(asking, request_id)
    case_id = await cases.find_case_of_study(session, study.id)
    assert case_id is not None
    assert await case_of(asking, request_id) == case_id
    assert (await cases.get_case(session, case_id)).owner_id is None
    await asking.decide(request_id, now=LATER)

    case = await cases.get_case(session, case_id)
    assert case.owner_id == asking.radiologist.id
    kinds = [each.kind for each in await cases.list_events(session, case_id)]
    assert "request_joined" in kinds
    assert kinds[-1] == "request_decided"


@pytest.mark.asyncio
async def test_a_case_is_at_least_as_urgent_as_its_request_and_its_images(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    await asking.decide(request_id)
    case_id = await case_of(asking, request_id)
    request = await get_request(session, request_id)
    study = await add_study(
        asking.stage,
        at=LATER,
        called_ae_title="ASTREINTE_P1",
        accession_number=request.accession_number,
    )

    await pipeline.images_arrived(session, study, settings=Settings(), now=LATER)

    case = await cases.get_case(session, case_id)
    assert (case.priority, case.dispatch_due_at) == ("P1", LATER)


@pytest.mark.asyncio
async def test_a_refused_request_opens_no_case(session: AsyncSession) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()

    await asking.decide(
        request_id, Decision(kind=DecisionKind.REFUSED, reason="Une échographie suffit.")
    )

    assert await cases.find_case_of_request(session, request_id) is None


@pytest.mark.asyncio
async def test_the_case_of_a_cancelled_request_is_set_aside(session: AsyncSession) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    await asking.decide(request_id)
    case_id = await case_of(asking, request_id)

    await pipeline.cancel_request(
        session, request_id, reason="transferred", actor=asking.hospital, now=LATER
    )

    case = await cases.get_case(session, case_id)
    assert (case.state, case.state_reason) == ("voided", "request cancelled")


@pytest.mark.asyncio
async def test_images_that_nobody_asked_for_are_offered_and_marked(session: AsyncSession) -> None:
    asking = await begin_asking(session)
    study = await add_study(asking.stage, called_ae_title="ASTREINTE_P1")

    case_id = await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)
    assert case_id is not None
    await pipeline.offer_at_once(session, case_id, now=NIGHT)

    case = await cases.get_case(session, case_id)
    assert case.state == "nominated"
    assert "no_request" in [each.kind for each in await cases.list_events(session, case_id)]


@pytest.mark.asyncio
async def test_another_patient_of_the_same_domain_never_joins_the_request(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    await asking.decide(request_id)
    stranger = await add_study(asking.stage, at=LATER)

    await pipeline.images_arrived(session, stranger, settings=Settings(), now=LATER)

    assert await cases.find_case_of_study(session, stranger.id) != await case_of(asking, request_id)
