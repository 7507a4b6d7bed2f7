"""What comes when the report is signed: paper is silent, images are a task, repeats are nothing."""

import pytest

from app import pipeline
from tests.integration.stories.exams import ct, dose_report, dose_sheet, recompress
from tests.integration.stories.night import Night

TOLD_OF_A_LATE_SERIES = [
    "22:00:00 open",
    "22:00:00 no_request",
    "22:01:00 complete",
    "22:01:00 nominated",
    "22:01:00 images_forwarded",
    "22:03:00 reading",
    "22:08:00 images_seen",
    "22:08:00 signed",
    "22:08:00 report_delivered",
    "22:08:00 report_delivered",
    "22:08:00 delivered",
    "22:20:00 images_after_signature",
    "22:20:00 task_raised",
    "22:20:00 images_forwarded",
    "22:20:00 images_after_signature",
    "22:20:00 images_forwarded",
    "22:21:00 complete",
    "22:25:00 addendum",
    "22:25:00 task_settled",
    "22:25:00 report_delivered",
    "22:25:00 report_delivered",
]


@pytest.mark.asyncio
async def test_the_dose_comes_twenty_minutes_late_and_disturbs_nobody(night: Night) -> None:
    exam = ct()
    await night.at("22:00")
    await night.send(exam)
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")
    told = await night.timeline(case)
    await night.at("22:28")
    await night.send(dose_report(exam))
    await night.send(dose_sheet(exam))
    await night.at("22:45")

    (study,) = await night.studies()
    assert (study.image_count, study.paper_count) == (3, 2)
    assert await night.timeline(case) == told
    assert await night.tasks() == []
    assert await night.deliveries(case) == {"images delivered": 1, "report delivered": 2}


@pytest.mark.asyncio
async def test_a_new_series_after_the_signature_is_a_task_for_the_signer(night: Night) -> None:
    exam = ct()
    await night.at("22:00")
    await night.send(exam)
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")
    await night.at("22:20")
    await night.send(exam.then(series="TEMPS TARDIF"))
    await night.send(exam.then(series="RECONSTRUCTIONS", images=2))
    assert await night.tasks() == ["late_images"]
    assert await night.details() == [{"instances": 5}]

    await night.at("22:25")
    await night.do(
        lambda session, now: pipeline.add_addendum(
            session, case, base=1, text="Pas de changement.", actor=night.reader.actor, now=now
        )
    )

    assert await night.tasks() == []
    assert await night.timeline(case) == TOLD_OF_A_LATE_SERIES
    assert night.hospital.node.names() == ["PDF", "PDF", "SR", "SR"]


@pytest.mark.asyncio
async def test_the_night_sent_again_and_recompressed_is_silent(night: Night) -> None:
    await night.at("22:00")
    objects = await night.send(ct())
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")
    told = await night.timeline(case)
    await night.pass_quietly("7:30")
    await night.send(recompress(objects))
    await night.at("7:45")

    (study,) = await night.studies()
    assert (study.instance_count, study.conflict_count) == (3, 0)
    assert await night.timeline(case) == told
    assert await night.tasks() == []
    assert night.hospital.node.names() == ["PDF", "SR"]
