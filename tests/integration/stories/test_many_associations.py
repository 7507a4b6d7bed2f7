"""One question of one patient, that arrives in pieces: one case, one reader, one report."""

from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.directory import add_sender
from tests.integration.stories.exams import ct, radiograph
from tests.integration.stories.night import Night

TOLD_IN_NINE_MINUTES = [
    "22:00:00 open",
    "22:00:00 no_request",
    "22:01:00 complete",
    "22:01:00 nominated",
    "22:01:00 images_forwarded",
    "22:04:00 nominated",
    "22:04:00 widened",
    "22:04:00 images_forwarded",
    "22:04:00 study_joined",
    "22:04:00 images_forwarded",
    "22:04:00 images_forwarded",
    "22:05:00 complete",
    "22:09:00 images_added",
    "22:09:00 images_forwarded",
    "22:09:00 images_forwarded",
    "22:10:00 complete",
    "22:11:00 widened",
    "22:11:00 widened",
    # Nobody is on the backup line: the step after it is taken at once.
    "22:11:00 task_raised",
    "22:11:00 hospital_told",
    "22:12:00 reading",
    "22:12:00 task_settled",
    "22:17:00 images_seen",
    "22:17:00 signed",
    "22:17:00 report_delivered",
    "22:17:00 report_delivered",
    "22:17:00 report_delivered",
    "22:17:00 report_delivered",
    "22:17:00 delivered",
]


@pytest.mark.asyncio
async def test_scanner_angiography_and_maps_in_nine_minutes_are_one_case(night: Night) -> None:
    """The scanner at 22:00, its angiography at 22:04, the maps from another console at 22:09."""

    async def add_console(session: AsyncSession, _now: datetime) -> str:
        site, sender = night.hospital.site, night.hospital.sender
        console = await add_sender(session, site_id=site.id, domain_id=sender.domain_id)
        return console.ae_title

    console = await night.do(add_console)
    head = ct(accession_number="A1", description="SCANNER CEREBRAL")
    vessels = ct(accession_number="A2", description="ANGIO TSA")
    await night.at("22:00")
    await night.send(head)
    await night.at("22:04")
    await night.send(vessels)
    await night.at("22:09")
    await night.send(vessels.then(series="CBF MAPS", station="AW1"), calling=console)
    case = await night.only_case()
    await night.read_and_sign(case, at="22:12")

    assert await night.timeline(case) == TOLD_IN_NINE_MINUTES
    assert sorted(each.AccessionNumber for each in night.hospital.node.taken) == [
        "A1",
        "A1",
        "A2",
        "A2",
    ]
    assert await night.deliveries(case) == {"images delivered": 4, "report delivered": 4}


@pytest.mark.asyncio
async def test_one_study_with_five_accessions_is_answered_five_times(night: Night) -> None:
    """A polytrauma: five orders of the hospital, one acquisition."""
    body = ct(description="BODY SCAN POLYTRAUMA", images=1)
    await night.at("22:00")
    for number in range(1, 6):
        await night.send(body.then(accession_number=f"A{number}", series=f"SERIES {number}"))
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")

    reports = night.hospital.node.find("SR")
    assert sorted(each.AccessionNumber for each in reports) == ["A1", "A2", "A3", "A4", "A5"]
    assert {each.StudyInstanceUID for each in reports} == {body.study_instance_uid}
    assert len({each.SOPInstanceUID for each in night.hospital.node.taken}) == 10
    assert (await night.timeline(case))[-1] == "22:08:00 delivered"
    assert await night.deliveries(case) == {"images delivered": 1, "report delivered": 10}


@pytest.mark.asyncio
async def test_three_radiographs_forty_seconds_apart_are_one_case(night: Night) -> None:
    await night.at("22:00:00")
    await night.send(radiograph(accession_number="A1", description="RADIO BASSIN"))
    await night.at("22:00:40")
    await night.send(radiograph(accession_number="A2", description="RADIO HANCHE"))
    await night.at("22:01:20")
    await night.send(radiograph(accession_number="A3", description="RADIO THORAX"))
    case = await night.only_case()
    await night.read_and_sign(case, at="22:05")

    assert await night.timeline(case) == [
        "22:00:00 open",
        "22:00:00 no_request",
        "22:00:40 study_joined",
        "22:01:20 study_joined",
        "22:02:50 complete",
        "22:02:50 nominated",
        "22:02:50 images_forwarded",
        "22:02:50 images_forwarded",
        "22:02:50 images_forwarded",
        "22:05:00 reading",
        "22:10:00 images_seen",
        "22:10:00 signed",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 report_delivered",
        "22:10:00 delivered",
    ]
    assert await night.deliveries(case) == {"images delivered": 3, "report delivered": 6}
