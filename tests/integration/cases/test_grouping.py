"""One patient's question is one case, however many studies it comes in."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.models import Case, CaseSla
from app.delivery.models import Delivery
from app.directory.models import Sender
from app.dispatch.repository import list_nominees
from app.intake.models import Patient, Study
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from tests.factories.numbers import draw_number
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_patient,
    add_radiologist,
    add_study,
    put_on_guard,
    set_stage,
)


async def tell(stage: Stage, study: Study, *, minutes: float = 0) -> int:
    """Tell the case of a study of its images, and give it."""
    now = NIGHT + timedelta(minutes=minutes)
    await pipeline.images_arrived(stage.session, study, settings=Settings(), now=now)
    case_id = await cases.find_case_of_study(stage.session, study.id)
    assert case_id is not None
    return case_id


async def send(
    stage: Stage, patient: Patient, *, minutes: float = 0, **study: object
) -> tuple[int, Study]:
    """Let a study of a patient arrive, and give its case."""
    at = NIGHT + timedelta(minutes=minutes)
    row = await add_study(stage, at=at, patient=patient, **study)  # type: ignore[arg-type]
    return await tell(stage, row, minutes=minutes), row


async def kinds_of(session: AsyncSession, case_id: int) -> list[str]:
    return [each.kind for each in await cases.list_events(session, case_id)]


@pytest.mark.asyncio
async def test_ct_cta_and_maps_from_another_node_are_one_case(session: AsyncSession) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)
    maps_node = Sender(
        name=f"Maps {draw_number()}",
        ae_title=f"MAPS{draw_number()}",
        addresses=["127.0.0.0/8"],
        domain_id=stage.domain.id,
        site_id=stage.site.id,
    )
    session.add(maps_node)
    await session.flush()

    first, _ = await send(stage, patient, instances=300)
    second, _ = await send(stage, patient, minutes=4, instances=500, description="TDM TSA")
    maps = await add_study(stage, at=NIGHT + timedelta(minutes=9), patient=patient, instances=60)
    maps.sender_id = maps_node.id
    third = await tell(stage, maps, minutes=9)

    case = await cases.get_case(session, first)
    assert first == second == third
    assert (case.instance_count, case.first_image_at) == (860, NIGHT)
    assert case.description == "CT Scanner cérébral + CT TDM TSA"
    assert await kinds_of(session, first) == ["moved", "no_request", "study_joined", "study_joined"]


@pytest.mark.asyncio
async def test_five_accessions_of_a_polytrauma_are_one_case(session: AsyncSession) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)

    found = {
        (await send(stage, patient, minutes=number, accession_number=f"ACC{number}"))[0]
        for number in range(5)
    }

    assert len(found) == 1


@pytest.mark.asyncio
async def test_three_radiographs_40_s_apart_are_one_case(session: AsyncSession) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)

    found = {(await send(stage, patient, minutes=each * 40 / 60))[0] for each in range(3)}

    assert len(found) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("patient_id", ["", "INCONNU", "0000"])
async def test_two_unknown_patients_of_one_crash_are_two_cases(
    session: AsyncSession, patient_id: str
) -> None:
    stage = await set_stage(session)
    unknown = await add_patient(stage, patient_id=patient_id)

    first, _ = await send(stage, unknown)
    second, _ = await send(stage, unknown, minutes=2)

    assert first != second


@pytest.mark.asyncio
async def test_two_hospitals_with_one_identity_are_two_cases(session: AsyncSession) -> None:
    one = await set_stage(session)
    other = await set_stage(session, night=NIGHT - timedelta(days=30))

    first, _ = await send(one, await add_patient(one, patient_id="4711"))
    second, _ = await send(other, await add_patient(other, patient_id="4711"), minutes=1)

    assert first != second


@pytest.mark.asyncio
async def test_one_domain_of_two_sites_never_groups_across_them(session: AsyncSession) -> None:
    stage = await set_stage(session)
    other = await set_stage(session, night=NIGHT - timedelta(days=30))
    patient = await add_patient(stage)
    first, _ = await send(stage, patient)
    study = await add_study(stage, patient=patient)
    study.site_id = other.site.id

    assert await tell(stage, study, minutes=1) != first


@pytest.mark.asyncio
async def test_after_an_hour_it_is_another_question(session: AsyncSession) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)

    first, _ = await send(stage, patient)
    second, _ = await send(stage, patient, minutes=61)

    assert first != second


@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["signed", "delivered", "acknowledged", "voided"])
async def test_what_is_signed_or_voided_takes_no_other_study(
    session: AsyncSession, state: str
) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)
    first, _ = await send(stage, patient)
    (await session.get_one(Case, first)).state = state

    assert (await send(stage, patient, minutes=5))[0] != first


@pytest.mark.asyncio
async def test_the_most_urgent_of_its_studies_makes_the_case_urgent(session: AsyncSession) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)
    case_id, _ = await send(stage, patient)

    await send(stage, patient, minutes=3, called_ae_title="ASTREINTE_P1")
    await send(stage, patient, minutes=4)

    case = await cases.get_case(session, case_id)
    snapshots = await session.scalars(select(CaseSla.priority).where(CaseSla.case_id == case_id))
    assert case.priority == "P1"
    assert case.signed_due_at == NIGHT + timedelta(minutes=30)
    assert case.dispatch_due_at == NIGHT + timedelta(minutes=3)
    assert sorted(snapshots) == ["P1", "P2"]
    assert (await kinds_of(session, case_id)).count("priority_changed") == 1


@pytest.mark.asyncio
async def test_a_study_that_joins_takes_the_label_away_until_it_is_complete_too(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage)
    case_id, first = await send(stage, patient)
    first.complete_at, first.complete_reason = NIGHT, "silent 60 s (CT)"
    await pipeline.studies_completed(session, [first.id], now=NIGHT)
    assert (await cases.get_case(session, case_id)).complete_at is not None

    _, second = await send(stage, patient, minutes=2)

    assert (await cases.get_case(session, case_id)).complete_at is None
    second.complete_at, second.complete_reason = NIGHT + timedelta(minutes=3), "all 5 announced"
    await pipeline.studies_completed(session, [second.id], now=NIGHT + timedelta(minutes=3))
    done = await cases.get_case(session, case_id)
    assert done.complete_reason == "silent 60 s (CT); all 5 announced"


@pytest.mark.asyncio
async def test_a_study_that_joins_goes_to_whoever_is_asked_and_to_the_reader(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    patient = await add_patient(stage)
    case_id, first = await send(stage, patient, called_ae_title="ASTREINTE_P1")
    await pipeline.offer_at_once(session, case_id, now=NIGHT)
    assert await list_nominees(session, case_id) == {radiologist.id}

    _, second = await send(stage, patient, minutes=1)
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT + timedelta(minutes=2))
    await pipeline.mark_images_seen(
        session, case_id, seen_count=2, actor=actor, now=NIGHT + timedelta(minutes=2)
    )
    _, third = await send(stage, patient, minutes=3, instances=4)

    sent = await session.scalars(select(Delivery.study_id).where(Delivery.case_id == case_id))
    case = await cases.get_case(session, case_id)
    assert set(sent) == {first.id, second.id, third.id}
    assert (case.state, case.instance_count, case.seen_count) == ("reading", 6, 2)


@pytest.mark.asyncio
async def test_paper_alone_opens_nothing_and_its_images_do_later(session: AsyncSession) -> None:
    stage = await set_stage(session)
    study = await add_study(stage, instances=2)
    study.paper_count, study.image_count = 2, 0

    opened = await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)

    assert opened is None
    assert await cases.find_case_of_study(session, study.id) is None
    study.instance_count, study.image_count = 3, 1
    case_id = await tell(stage, study, minutes=1)
    assert (await cases.get_case(session, case_id)).instance_count == 1


@pytest.mark.asyncio
async def test_a_prior_is_no_case_and_rings_nobody(session: AsyncSession) -> None:
    stage = await set_stage(session)
    study = await add_study(stage, called_ae_title="ASTREINTE_ANT")

    opened = await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)

    assert opened is None
    assert (study.intake_class, study.announced_count) == ("prior", study.instance_count)
    assert await cases.find_case_of_study(session, study.id) is None


@pytest.mark.asyncio
async def test_images_after_the_signature_are_a_task_and_paper_is_silent(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    radiologist, _ = await add_radiologist(stage)
    case_id, study = await send(stage, await add_patient(stage), instances=2)
    case = await session.get_one(Case, case_id)
    case.state, case.reader_id = "signed", radiologist.id
    study.instance_count, study.paper_count = 3, 1
    await tell(stage, study, minutes=20)
    assert "images_after_signature" not in await kinds_of(session, case_id)

    study.instance_count, study.image_count = 8, 7
    await tell(stage, study, minutes=25)

    (task,) = await session.scalars(select(Task).where(Task.case_id == case_id))
    assert (task.kind, task.radiologist_id) == (TaskKind.LATE_IMAGES, radiologist.id)
    # Of 2 and 5 more nobody has said to have seen any.
    assert task.detail == {"instances": 7, "study": study.id}
    assert (await kinds_of(session, case_id))[-2:] == ["images_after_signature", "task_raised"]
