"""The hospital corrects who the patient is."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.service import IdentityOpen
from app.intake.models import Patient as PatientRow
from tests.factories.dicom import Patient
from tests.integration.stories.exams import ct, renew_identity
from tests.integration.stories.night import Night

WRONG = Patient(name="INCONNUE^X", patient_id="URG-77", birth_date="", sex="F")
RIGHT = Patient(name="ESSAI^CLAIRE", patient_id="P-0001", birth_date="19710314", sex="F")


async def choose(night: Night, patient_id: str) -> None:
    """Let the reader choose the identity with an identifier."""

    async def say(session: AsyncSession, now: datetime) -> None:
        wanted = select(PatientRow.id).where(PatientRow.patient_id == patient_id)
        (study,) = await night.studies()
        await pipeline.identity_chosen(
            session,
            study.id,
            patient_id=(await session.scalars(wanted)).one(),
            reason="confirmé par les urgences",
            actor=night.reader.actor,
            now=now,
        )

    await night.do(say)


@pytest.mark.asyncio
async def test_a_correction_before_the_signature_stops_it_until_somebody_chooses(
    night: Night,
) -> None:
    await night.at("22:00")
    objects = await night.send(ct(patient=WRONG))
    case = await night.only_case()
    await night.at("22:05")
    await night.claim(case)
    await night.at("22:08")
    await night.send(renew_identity(objects, RIGHT))
    await night.at("22:10")
    with pytest.raises(IdentityOpen):
        await night.sign(case)
    await choose(night, "P-0001")
    await night.sign(case)

    assert await night.timeline(case) == [
        "22:00:00 open",
        "22:00:00 no_request",
        "22:01:00 complete",
        "22:01:00 nominated",
        "22:01:00 images_forwarded",
        "22:04:00 nominated",
        "22:04:00 widened",
        "22:04:00 images_forwarded",
        "22:05:00 reading",
        "22:08:00 identity_corrected",
        "22:10:00 identity_chosen",
        "22:10:00 images_seen",
        "22:10:00 signed",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 delivered",
    ]
    assert await night.tasks() == []
    assert {str(each.PatientName) for each in night.hospital.node.taken} == {"ESSAI^CLAIRE"}
    assert {each.PatientID for each in night.hospital.node.taken} == {"P-0001"}
    assert await night.deliveries(case) == {"images delivered": 2, "report delivered": 2}


@pytest.mark.asyncio
async def test_a_correction_after_the_signature_is_an_alarm_and_a_new_report(night: Night) -> None:
    await night.at("22:00")
    objects = await night.send(ct(patient=WRONG))
    case = await night.only_case()
    await night.read_and_sign(case, at="22:05")
    assert {each.PatientID for each in night.hospital.node.taken} == {"URG-77"}
    await night.at("23:00")
    await night.send(renew_identity(objects, RIGHT))
    assert await night.tasks() == ["corrected_identity"]
    await night.at("23:05")
    await choose(night, "P-0001")

    assert await night.tasks() == []
    assert await night.timeline(case) == [
        "22:00:00 open",
        "22:00:00 no_request",
        "22:01:00 complete",
        "22:01:00 nominated",
        "22:01:00 images_forwarded",
        "22:04:00 nominated",
        "22:04:00 widened",
        "22:04:00 images_forwarded",
        "22:05:00 reading",
        "22:10:00 images_seen",
        "22:10:00 signed",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 delivered",
        "23:00:00 identity_corrected",
        "23:00:00 task_raised",
        "23:05:00 identity_chosen",
        "23:05:00 reissued",
        "23:05:00 task_settled",
        "23:05:00 report_delivered",
        "23:05:00 report_delivered",
    ]
    assert [each.PatientID for each in night.hospital.node.find("PDF")] == ["URG-77", "P-0001"]
    assert [each.PatientID for each in night.hospital.node.find("SR")] == ["URG-77", "P-0001"]
    assert await night.deliveries(case) == {"images delivered": 2, "report delivered": 4}
