"""Two people, two gateways, or a person and the night, at one study at once."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.db.session import Sessions, unit_of_work
from app.intake import service
from app.intake.models import IdentityChoice, IntakeRuleSet, Study, StudyIdentity
from app.intake.service import rule_sets
from app.settings import Settings
from tests.factories.arrivals import WAITS, make_arrival
from tests.factories.dicom import ACQUIRED_AT as NOW
from tests.factories.dicom import Patient, make_ct_slice, make_ct_study
from tests.factories.flow import class_studies
from tests.integration.intake.hospital import Hospital, open_hospital

pytestmark = pytest.mark.asyncio
STUDY = make_ct_study()
PATIENTS = [Patient(patient_id=f"P-{number}") for number in range(4)]


async def lay_hospital(sessions: Sessions, *patients: Patient) -> Hospital:
    async with unit_of_work(sessions) as session:
        hospital = await open_hospital(session)
        if patients:
            await hospital.send(
                *[make_ct_slice(replace(STUDY, patient=patient)) for patient in patients]
            )
        return hospital


async def test_of_two_who_choose_two_identities_at_once_one_looks_again(
    sessions: Sessions,
) -> None:
    hospital = await lay_hospital(sessions, *PATIENTS[:2])
    async with sessions() as session:
        study_id, *_ = await session.scalars(select(Study.id))
        keys = list(await session.scalars(select(StudyIdentity.patient_id)))

    async def choose(patient_id: int) -> str:
        try:
            async with unit_of_work(sessions) as session:
                await service.choose_identity(
                    session,
                    study_id,
                    patient_id,
                    actor=hospital.coordinator,
                    reason="said by telephone",
                    now=NOW,
                )
        except service.IdentityMoved:
            return "look again"
        return "chosen"

    assert sorted(await asyncio.gather(*[choose(key) for key in keys])) == ["chosen", "look again"]
    async with sessions() as session:
        (choice,) = await session.scalars(select(IdentityChoice))
        study = await session.get_one(Study, study_id)
    assert study.patient_id == choice.patient_id
    assert not study.identity_open


async def test_gateways_that_bring_four_identities_at_once_count_each(sessions: Sessions) -> None:
    hospital = await lay_hospital(sessions)

    async def bring(patient: Patient) -> None:
        batch = [
            make_arrival(
                make_ct_slice(replace(STUDY, patient=patient)), sender_id=hospital.sender.id
            )
            for _ in range(3)
        ]
        async with unit_of_work(sessions) as session:
            await service.record(session, batch, waits=WAITS)

    await asyncio.gather(*[bring(patient) for patient in PATIENTS])

    async with sessions() as session:
        (study,) = await session.scalars(select(Study))
        counts = list(await session.scalars(select(StudyIdentity.instance_count)))
        news = list(await session.scalars(select(StudyIdentity.news)))
    assert counts == [3, 3, 3, 3]
    assert sorted(each or "" for each in news) == ["", "conflict", "conflict", "conflict"]
    assert (study.image_count, study.identity_open) == (12, True)


async def read_classes(sessions: Sessions) -> list[tuple[str | None, str]]:
    """Read the class of each study, and that of the version that gave it."""
    async with sessions() as session:
        rows = await session.execute(
            select(Study.intake_class, IntakeRuleSet.rules).outerjoin(
                IntakeRuleSet, IntakeRuleSet.id == Study.intake_rule_set_id
            )
        )
        return [
            (given, rules["rules"][0]["intake_class"] if rules else "case") for given, rules in rows
        ]


async def test_rules_edited_while_images_arrive_class_each_study_by_one_version(
    sessions: Sessions,
) -> None:
    hospital = await lay_hospital(sessions)
    classes = ("out_of_contract", "test", "prior")

    async def edit() -> None:
        for name in classes:
            async with unit_of_work(sessions) as session:
                await rule_sets.save_rules(
                    session,
                    hospital.site.id,
                    rules=[{"intake_class": name, "modality": "CT"}],
                    note="",
                    confirmed=True,
                    actor=hospital.coordinator,
                    settings=Settings(),
                    now=NOW,
                )

    async def arrive() -> None:
        for _ in range(4):
            async with unit_of_work(sessions) as session:
                arrival = make_arrival(make_ct_slice(make_ct_study()), sender_id=hospital.sender.id)
                recorded = await service.record(session, [arrival], waits=WAITS)
                (study_id,) = recorded.study_ids
                study = await session.get_one(Study, study_id)
                await class_studies(session, [study])

    await asyncio.gather(edit(), arrive(), arrive())

    rows = await read_classes(sessions)
    assert len(rows) == 8
    assert all(given == expected for given, expected in rows)
