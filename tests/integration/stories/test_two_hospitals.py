"""Identifiers are local: what two hospitals number alike stays two patients everywhere."""

import pytest

from app.kit.ids import draw_uid
from tests.factories.dicom import Patient
from tests.integration.stories.conftest import AddHospital
from tests.integration.stories.exams import ct
from tests.integration.stories.night import Night


@pytest.mark.asyncio
async def test_two_hospitals_with_the_same_numbers_are_two_cases_and_two_patients(
    night: Night, add_hospital: AddHospital
) -> None:
    """One PatientID, one accession, one StudyInstanceUID; by bad luck, or by a bad set-up."""
    other = await add_hospital()
    uid = draw_uid()
    here = ct(study_instance_uid=uid, patient=Patient(name="DURAND^ANNE", patient_id="12345"))
    there = ct(study_instance_uid=uid, patient=Patient(name="MERCIER^LOUIS", patient_id="12345"))
    await night.at("22:00")
    await night.send(here)
    await night.send(there, by=other)
    first, second = [case.id for case in await night.cases()]
    await night.read_and_sign(first, at="22:03")
    await night.read_and_sign(second, at="22:10")

    node = night.reader.node
    assert len({each.PatientID for each in node.taken}) == 2
    assert len({each.StudyInstanceUID for each in node.taken}) == 2
    assert len({each.AccessionNumber for each in node.taken}) == 2
    for hospital, name in ((night.hospital, "DURAND^ANNE"), (other, "MERCIER^LOUIS")):
        assert hospital.node.names() == ["PDF", "SR"]
        assert {str(each.PatientName) for each in hospital.node.taken} == {name}
        assert {each.PatientID for each in hospital.node.taken} == {"12345"}
        assert {each.StudyInstanceUID for each in hospital.node.taken} == {uid}
    assert (await night.timeline(first))[-1] == "22:08:00 delivered"
    assert (await night.timeline(second))[-1] == "22:15:00 delivered"


@pytest.mark.asyncio
async def test_two_unknown_patients_of_one_crash_are_two_cases(night: Night) -> None:
    unknown = Patient(name="INCONNU^X", patient_id="INCONNU", birth_date="", sex="M")
    await night.at("22:00")
    await night.send(ct(patient=unknown, accession_number="A1"))
    await night.at("22:04")
    await night.send(ct(patient=unknown, accession_number="A2"))

    first, second = [case.id for case in await night.cases()]
    await night.read_and_sign(first, at="22:10")
    await night.read_and_sign(second, at="22:20")

    assert (await night.timeline(first))[-1] == "22:15:00 delivered"
    assert (await night.timeline(second))[-1] == "22:25:00 delivered"
    assert sorted(each.AccessionNumber for each in night.hospital.node.find("SR")) == ["A1", "A2"]
