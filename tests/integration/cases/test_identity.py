"""Whose images they are: the hospital says another thing, a person chooses, the case follows."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases import service
from app.cases.models import Case
from app.cases.service import CaseClosed, IdentityOpen
from app.directory.domain import Actor, Role
from app.directory.models import Site
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study, StudyIdentity
from app.kit.errors import Invalid
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from tests.factories.flow import open_case
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_patient,
    add_radiologist,
    add_study,
    add_user,
    set_stage,
)

LATER = NIGHT + timedelta(minutes=30)


async def open_with_study(stage: Stage, *, studies: int = 1) -> tuple[int, list[Study]]:
    """Open a case of one patient."""
    patient = await add_patient(stage)
    rows = [await add_study(stage, patient=patient) for _ in range(studies)]
    for row in rows:
        await pipeline.images_arrived(stage.session, row, settings=Settings(), now=NIGHT)
        stage.session.add(
            StudyIdentity(
                study_id=row.id,
                patient_id=row.patient_id,
                first_seen_at=NIGHT,
                last_seen_at=NIGHT,
                as_received={},
            )
        )
    await stage.session.flush()
    case_id = await cases.find_case_of_study(stage.session, rows[0].id)
    assert case_id is not None
    return case_id, rows


async def hear_other_identity(stage: Stage, study: Study, *, news: str = "correction") -> int:
    """Let images of a study come under another identity, and tell its case."""
    session = stage.session
    other = await add_patient(stage, name="DURAND^CLAIRE")
    session.add(
        StudyIdentity(
            study_id=study.id,
            patient_id=other.id,
            first_seen_at=LATER,
            last_seen_at=LATER,
            as_received={},
            news=news,
            is_correction=news == "correction",
        )
    )
    study.identity_open = True
    await session.flush()
    await pipeline.identity_changed(session, study, now=LATER)
    return other.id


async def sign(session: AsyncSession, case_id: int, reader_id: int) -> None:
    case = await session.get_one(Case, case_id)
    case.state, case.reader_id = "signed", reader_id
    await session.flush()


async def list_tasks(session: AsyncSession) -> list[Task]:
    rows = await session.scalars(
        select(Task).order_by(Task.id).execution_options(populate_existing=True)
    )
    return list(rows)


async def last_event(session: AsyncSession, case_id: int, kind: str) -> dict[str, object]:
    found = [each for each in await cases.list_events(session, case_id) if each.kind == kind]
    return found[-1].detail


@pytest.mark.asyncio
async def test_a_case_of_one_identity_may_be_signed(session: AsyncSession) -> None:
    case_id, _ = await open_with_study(await set_stage(session), studies=2)

    await service.check_identity_settled(session, case_id)


@pytest.mark.asyncio
@pytest.mark.parametrize("news", ["correction", "conflict"])
async def test_another_identity_stops_the_signature_until_somebody_chooses(
    session: AsyncSession, news: str
) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage)
    case_id, (study,) = await open_with_study(stage)
    other_id = await hear_other_identity(stage, study, news=news)
    kind = "identity_corrected" if news == "correction" else "identity_conflict"

    with pytest.raises(IdentityOpen):
        await service.check_identity_settled(session, case_id)
    assert await last_event(session, case_id, kind) == {"study": study.id, "patient": other_id}
    assert await list_tasks(session) == [], "nobody is alarmed before the signature"

    await pipeline.identity_chosen(
        session, study.id, patient_id=other_id, reason="they called", actor=actor, now=LATER
    )

    await service.check_identity_settled(session, case_id)
    assert (await cases.get_case(session, case_id)).patient_id == other_id
    assert (await last_event(session, case_id, "identity_chosen"))["patient"] == other_id


@pytest.mark.asyncio
async def test_news_of_an_identity_is_told_once(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case_id, (study,) = await open_with_study(stage)
    await hear_other_identity(stage, study)

    await pipeline.identity_changed(session, study, now=LATER)

    kinds = [each.kind for each in await cases.list_events(session, case_id)]
    assert kinds.count("identity_corrected") == 1


@pytest.mark.asyncio
async def test_a_correction_after_the_signature_alarms_signer_coordinator_and_site(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    case_id, (study,) = await open_with_study(stage)
    await sign(session, case_id, radiologist.id)

    other_id = await hear_other_identity(stage, study)

    (task,) = await list_tasks(session)
    assert (task.kind, task.radiologist_id) == (TaskKind.CORRECTED_IDENTITY, radiologist.id)
    assert (task.site_id, set(task.roles)) == (stage.site.id, {"coordinator", "site"})

    await pipeline.identity_chosen(
        session, study.id, patient_id=other_id, reason="they called", actor=actor, now=LATER
    )
    (settled,) = await list_tasks(session)
    assert settled.outcome == "identity chosen"


@pytest.mark.asyncio
async def test_grouped_studies_of_two_patients_after_a_correction_stop_the_signature(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage)
    case_id, (first, _second) = await open_with_study(stage, studies=2)
    other_id = await hear_other_identity(stage, first)
    await pipeline.identity_chosen(
        session, first.id, patient_id=other_id, reason="they called", actor=actor, now=LATER
    )

    with pytest.raises(IdentityOpen):
        await service.check_identity_settled(session, case_id)

    await pipeline.confirm_one_patient(
        session, case_id, reason="the second was sent before", actor=actor, now=LATER
    )
    await service.check_identity_settled(session, case_id)


@pytest.mark.asyncio
async def test_a_later_doubt_takes_the_confirmation_back(session: AsyncSession) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage)
    case_id, (first, second) = await open_with_study(stage, studies=2)
    for study in (first, second):
        other_id = await hear_other_identity(stage, study)
        await pipeline.identity_chosen(
            session, study.id, patient_id=other_id, reason="called", actor=actor, now=LATER
        )
        with pytest.raises(IdentityOpen):
            await service.check_identity_settled(session, case_id)
        await pipeline.confirm_one_patient(
            session, case_id, reason="one patient", actor=actor, now=LATER
        )
        await service.check_identity_settled(session, case_id)


@pytest.mark.asyncio
async def test_cases_of_two_identities_joined_by_hand_may_be_signed(session: AsyncSession) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.COORDINATOR)
    (kept, _), (absorbed, _) = await open_with_study(stage), await open_with_study(stage)

    await pipeline.join(
        session, kept, other_id=absorbed, reason="the unknown was named", actor=actor, now=LATER
    )

    await service.check_identity_settled(session, kept)


@pytest.mark.asyncio
async def test_nobody_confirms_one_patient_over_an_open_choice_or_without_a_reason(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage)
    case_id, (study,) = await open_with_study(stage)
    with pytest.raises(Invalid):
        await pipeline.confirm_one_patient(session, case_id, reason=" ", actor=actor, now=LATER)
    await hear_other_identity(stage, study)

    with pytest.raises(IdentityOpen):
        await pipeline.confirm_one_patient(session, case_id, reason="why", actor=actor, now=LATER)


async def reclass(
    stage: Stage, study: Study, actor: Actor, intake_class: IntakeClass = IntakeClass.TEST
) -> None:
    await pipeline.reclass_study(
        stage.session,
        study.id,
        intake_class=intake_class,
        reason="a phantom",
        actor=actor,
        now=LATER,
    )


@pytest.mark.asyncio
async def test_a_phantom_leaves_its_case_and_comes_back_by_a_click(session: AsyncSession) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.GCS_ADMIN)
    case_id, (study,) = await open_with_study(stage)

    await reclass(stage, study, actor)
    assert (await cases.get_case(session, case_id)).state == "voided"
    assert await cases.find_standing_case_of_study(session, study.id) is None

    await reclass(stage, study, actor, IntakeClass.CASE)
    await pipeline.images_arrived(session, study, settings=Settings(), now=LATER)
    again = await cases.find_standing_case_of_study(session, study.id)
    assert again not in {None, case_id}


@pytest.mark.asyncio
async def test_a_study_that_is_no_case_leaves_the_others_in_theirs(session: AsyncSession) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.GCS_ADMIN)
    case_id, (first, second) = await open_with_study(stage, studies=2)

    await reclass(stage, first, actor)

    left = await cases.get_case(session, case_id)
    assert (left.state, left.instance_count) == ("open", 1)
    assert [each.id for each in await cases.list_studies(session, case_id)] == [second.id]


@pytest.mark.asyncio
async def test_what_was_read_is_not_taken_away(session: AsyncSession) -> None:
    stage = await set_stage(session)
    radiologist, _ = await add_radiologist(stage)
    actor = await add_user(stage, role=Role.GCS_ADMIN)
    case_id, (study,) = await open_with_study(stage)
    await sign(session, case_id, radiologist.id)

    with pytest.raises(CaseClosed):
        await reclass(stage, study, actor)


@pytest.mark.asyncio
async def test_a_case_follows_its_study_to_another_site_and_the_task_is_settled(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.GCS_ADMIN)
    study = await add_study(stage)
    study.site_to_confirm = True
    case_id = await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)
    assert case_id is not None
    other = Site(
        name="Annexe",
        finess="123456789",
        society_id=stage.society.id,
        telephone_emergency="+33500000009",
        telephone_ct="+33500000009",
        sla={"P2": 20},
    )
    session.add(other)
    await session.flush()
    assert [task.kind for task in await list_tasks(session)] == ["confirm_site"]

    await pipeline.confirm_site(session, study.id, site_id=other.id, actor=actor, now=LATER)

    case = await cases.get_case(session, case_id)
    assert case.site_id == other.id
    assert case.signed_due_at == NIGHT + timedelta(minutes=20)
    assert [task.outcome for task in await list_tasks(session)] == ["site confirmed"]


@pytest.mark.asyncio
async def test_voiding_a_case_settles_its_tasks(session: AsyncSession) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.COORDINATOR)
    case_id = await open_case(stage)
    await service.raise_case_task(session, TaskKind.CONFIRM_SITE, case_id=case_id, now=NIGHT)

    await pipeline.void(session, case_id, actor=actor, reason="a phantom", now=LATER)

    assert [task.outcome for task in await list_tasks(session)] == ["set aside"]
