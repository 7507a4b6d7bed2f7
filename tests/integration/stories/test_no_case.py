"""What arrives at night and is nobody's question: it rings nobody, and stays in sight."""

import pytest

from tests.factories.dicom import Patient
from tests.integration.stories.exams import ct
from tests.integration.stories.night import Night


@pytest.mark.asyncio
async def test_a_prior_of_2023_comes_beside_tonights_scanner(night: Night) -> None:
    await night.at("22:00")
    await night.send(ct(accession_number="A1"))
    await night.send(ct(accession_number="OLD1", on="20230411"), called="ASTREINTE_ANT")
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")

    tonight, prior = await night.studies()
    assert (tonight.intake_class, prior.intake_class) == ("case", "prior")
    assert {each.AccessionNumber for each in night.hospital.node.taken} == {"A1"}
    assert (await night.timeline(case))[-1] == "22:08:00 delivered"
    assert await night.tasks() == []


@pytest.mark.asyncio
async def test_a_phantom_at_half_past_six_rings_nobody(night: Night) -> None:
    await night.pass_quietly("6:30")
    phantom = Patient(name="FANTOME^EAU", patient_id="QC-SCANNER", birth_date="", sex="O")
    await night.send(ct(patient=phantom, description="CONTROLE QUALITE"))
    await night.at("6:45")

    (study,) = await night.studies()
    assert study.intake_class == "test"
    assert await night.cases() == []
    assert await night.tasks() == []
