"""What breaks at night: a node that refuses, a platform that stands still for an hour."""

from datetime import timedelta

import pytest

from tests.factories.dicom import Patient
from tests.integration.stories.exams import ct
from tests.integration.stories.night import Night


@pytest.mark.asyncio
async def test_a_pacs_that_refuses_the_structured_report_has_it_as_pdf(night: Night) -> None:
    night.hospital.node.refuses = {"SR"}
    await night.at("22:00")
    await night.send(ct())
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")
    await night.at("22:30")

    assert night.hospital.node.names() == ["PDF"]
    assert (await night.timeline(case))[-1] == "22:08:00 delivered"
    assert "22:08:00 delivery_dead" in await night.timeline(case)
    assert await night.deliveries(case) == {
        "images delivered": 1,
        "report delivered": 1,
        "report dead": 1,
    }
    assert await night.tasks() == []


@pytest.mark.asyncio
async def test_an_hour_without_database_and_scheduler_is_caught_up_in_order(night: Night) -> None:
    """The gateway alone stays up; at 23:00 everything is back, and the oldest is told first."""
    patients = [Patient(name=f"N{n}^A", patient_id=f"P{n}") for n in range(3)]
    await night.at("22:00")
    for minutes, patient in zip((0, 20, 20), patients, strict=True):
        night.clock.advance(timedelta(minutes=minutes))
        await night.send(ct(patient=patient, accession_number=patient.patient_id), indexed=False)
    night.clock.advance(timedelta(minutes=20))
    await night.index()
    await night.at("23:01")

    cases = await night.cases()
    assert [f"{case.first_image_at:%H:%M}" for case in cases] == ["21:00", "21:20", "21:40"]
    opened = ["23:00:00 open", "23:00:00 no_request", "23:00:00 nominated", "23:00:00 complete"]
    forwarded = "23:00:00 images_forwarded"
    # The first one has no time left: everybody on guard is asked at once.
    assert await night.timeline(cases[0].id) == [
        *opened,
        "23:00:00 widened",
        forwarded,
        forwarded,
    ]
    for case in cases[1:]:
        assert await night.timeline(case.id) == [*opened, forwarded]
    for case in cases:
        await night.claim(case.id)
        await night.sign(case.id)
    assert [each.AccessionNumber for each in night.hospital.node.find("PDF")] == ["P0", "P1", "P2"]
