"""One AE title, one address, three hospitals: the header says whose patient it is."""

from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import SiteRule
from tests.factories.dicom import Patient
from tests.integration.stories.conftest import AddHospital
from tests.integration.stories.exams import ct
from tests.integration.stories.night import Night


@pytest.mark.asyncio
async def test_the_pacs_of_three_hospitals_sends_each_report_home(
    night: Night, add_hospital: AddHospital
) -> None:
    """The fourth scanner names a hospital that no rule knows: its site is to be confirmed."""
    shared = night.hospital
    hospitals = [shared, await add_hospital(), await add_hospital()]
    names = ["CH DE LA BAIE", "CH DU LITTORAL", "CLINIQUE DES PINS"]

    async def add_rules(session: AsyncSession, _now: datetime) -> None:
        session.add_all(
            SiteRule(
                sender_id=shared.sender.id,
                rank=rank,
                institution_name=name,
                site_id=hospital.site.id,
            )
            for rank, (name, hospital) in enumerate(zip(names, hospitals, strict=True), start=1)
        )

    await night.do(add_rules)
    await night.at("22:00")
    for number, name in enumerate([*names, "ANNEXE"]):
        patient = Patient(name=f"N{number}^A", patient_id=f"P{number}")
        await night.send(ct(patient=patient, institution=name), by=shared)
    cases = await night.cases()
    assert [case.site_id for case in cases] == [each.site.id for each in [*hospitals, shared]]
    assert [study.site_to_confirm for study in await night.studies()] == [False] * 3 + [True]
    assert await night.tasks() == ["confirm_site"]

    for case in cases[:3]:
        await night.claim(case.id)
        await night.sign(case.id)
        assert (await night.timeline(case.id))[-1] == "22:00:00 delivered"
        assert await night.deliveries(case.id) == {"images delivered": 1, "report delivered": 2}
    for number, hospital in enumerate(hospitals):
        assert {each.PatientID for each in hospital.node.taken} == {f"P{number}"}
