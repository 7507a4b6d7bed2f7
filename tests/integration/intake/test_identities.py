"""Studies that come under several identities, and what a person makes of them."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Actor, Grant, PermissionDenied, Role
from app.intake import service
from app.intake.events import IdentityChosen
from app.intake.models import IdentityChoice, StudyAccession
from app.kit.errors import Invalid, NotAllowed
from tests.factories.dicom import ACQUIRED_AT as NOW
from tests.factories.dicom import Patient, make_ct_slice, make_ct_study
from tests.integration.intake.hospital import Hospital, open_hospital

pytestmark = pytest.mark.asyncio
CLAIRE = Patient()
OTHER = Patient(name="ESSAI^CLARA", patient_id="P-0002")
THIRD = Patient(name="ESSAI^CHLOE", patient_id="P-0003")
STUDY = make_ct_study()


async def send(hospital: Hospital, *patients: Patient) -> None:
    study = await hospital.send(
        *[make_ct_slice(replace(STUDY, patient=patient)) for patient in patients]
    )
    assert study.study_ids


async def choose(
    hospital: Hospital,
    patient_id: str,
    *,
    actor: Actor | None = None,
    seen: int | None = None,
    seen_count: int | None = None,
) -> IdentityChosen:
    rows = await hospital.identities()
    return await service.choose_identity(
        hospital.session,
        (await hospital.study()).id,
        rows[patient_id].patient_id,
        actor=actor or hospital.coordinator,
        reason="said by the emergency room",
        now=NOW,
        seen_choice_id=seen,
        seen_count=seen_count,
    )


async def test_one_identity_is_no_question(session: AsyncSession) -> None:
    hospital = await open_hospital(session)

    await send(hospital, CLAIRE, CLAIRE, replace(CLAIRE, name="Essai^Claire^"))

    study = await hospital.study()
    assert not study.identity_open
    counts = [row.instance_count for row in (await hospital.identities()).values()]
    assert sum(counts) <= study.instance_count == 3


@pytest.mark.parametrize("at_once", [True, False])
async def test_two_identities_are_marked_until_somebody_chooses(
    session: AsyncSession,
    at_once: bool,  # noqa: FBT001
) -> None:
    hospital = await open_hospital(session)
    if at_once:
        await send(hospital, CLAIRE, OTHER)
    else:
        await send(hospital, CLAIRE)
        await send(hospital, OTHER)
    marked = (await hospital.study()).identity_open
    news = {key: row.news for key, row in (await hospital.identities()).items()}

    event = await choose(hospital, OTHER.patient_id)

    assert marked
    assert news == {CLAIRE.patient_id: None, OTHER.patient_id: "conflict"}
    study = await hospital.study()
    assert not study.identity_open
    assert study.patient_id == event.patient_id != event.was_patient_id
    assert study.as_received["00100020"]["Value"] == [OTHER.patient_id]
    assert study.as_received["00081030"]["Value"] == ["SCANNER CEREBRAL SANS INJECTION"]
    assert await session.scalar(select(func.count()).select_from(IdentityChoice)) == 1


async def test_what_was_rejected_stays_rejected_and_a_third_identity_is_news(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    await send(hospital, CLAIRE, OTHER)
    await choose(hospital, CLAIRE.patient_id)

    await send(hospital, OTHER)
    rejected_again = (await hospital.study()).identity_open
    await send(hospital, THIRD)

    assert not rejected_again
    assert (await hospital.study()).identity_open
    rows = await hospital.identities()
    assert {key for key, row in rows.items() if row.news and row.told_at is None} == {
        THIRD.patient_id
    }


async def test_who_chose_without_seeing_the_last_choice_looks_again(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await send(hospital, CLAIRE, OTHER)
    await choose(hospital, CLAIRE.patient_id)
    last = await session.scalar(select(IdentityChoice.id))

    await choose(hospital, CLAIRE.patient_id)
    with pytest.raises(service.IdentityMoved):
        await choose(hospital, OTHER.patient_id, seen=None)
    with pytest.raises(service.IdentityMoved):
        await choose(hospital, OTHER.patient_id, seen=last)


async def test_an_identity_that_came_while_the_page_was_open_is_never_settled_unseen(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    await send(hospital, CLAIRE, OTHER)
    shown = len(await hospital.identities())
    await send(hospital, THIRD)

    with pytest.raises(service.IdentityMoved, match="one more identity"):
        await choose(hospital, CLAIRE.patient_id, seen_count=shown)
    still_open = (await hospital.study()).identity_open
    await choose(hospital, CLAIRE.patient_id, seen_count=shown + 1)

    assert still_open
    assert not (await hospital.study()).identity_open


async def test_a_choice_may_be_changed_by_who_saw_it(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await send(hospital, CLAIRE, OTHER)
    await choose(hospital, CLAIRE.patient_id)
    last = await session.scalar(select(IdentityChoice.id))

    await choose(hospital, OTHER.patient_id, seen=last)

    study = await hospital.study()
    assert study.patient_id == (await hospital.identities())[OTHER.patient_id].patient_id


async def test_only_an_identity_of_the_study_is_chosen_with_a_reason_by_who_may(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    await send(hospital, CLAIRE, OTHER)
    study = await hospital.study()
    planner = replace(hospital.coordinator, grants=(Grant(Role.PLANNER),))

    async def settle(patient_id: int, *, actor: Actor, reason: str = "why", study_id: int) -> None:
        await service.choose_identity(
            session, study_id, patient_id, actor=actor, reason=reason, now=NOW
        )

    with pytest.raises(service.IdentityUnknown):
        await settle(999_999, actor=hospital.coordinator, study_id=study.id)
    with pytest.raises(Invalid):
        await settle(study.patient_id, actor=hospital.coordinator, reason=" ", study_id=study.id)
    with pytest.raises(service.StudyUnknown):
        await settle(study.patient_id, actor=hospital.coordinator, study_id=999_999)
    with pytest.raises(PermissionDenied):
        await settle(study.patient_id, actor=planner, study_id=study.id)
    with pytest.raises(NotAllowed):
        await settle(study.patient_id, actor=SYSTEM, study_id=study.id)
    assert (await hospital.study()).identity_open


async def test_every_accession_number_of_a_study_is_kept_once(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    numbers = ["A1", "A2", "A1", "", "A3"]

    await hospital.send(
        *[make_ct_slice(replace(STUDY, accession_number=number)) for number in numbers]
    )

    kept = await session.scalars(select(StudyAccession.accession_number))
    assert sorted(kept) == ["A1", "A2", "A3"]


async def test_paper_counts_apart_and_pushes_nothing(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await hospital.send(make_ct_slice(STUDY))
    before = await hospital.study()
    due, announced = before.complete_due_at, before.instance_count
    before.announced_count = announced
    before.complete_at = NOW
    await session.flush()
    report = make_ct_slice(STUDY, Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.67")

    await hospital.send(report, at=NOW.replace(hour=23))

    study = await hospital.study()
    assert (study.instance_count, study.image_count, study.paper_count) == (2, 1, 1)
    assert study.complete_at == NOW
    assert study.complete_due_at == due
    assert study.modalities == ["CT"]
