"""The plainest night: one scanner, one reader, one report."""

import pytest

from tests.integration.stories.exams import ct
from tests.integration.stories.night import Night


@pytest.mark.asyncio
async def test_a_scanner_is_read_and_its_report_reaches_the_hospital(night: Night) -> None:
    await night.at("22:00")
    await night.send(ct())
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")

    assert await night.timeline(case) == [
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
    ]
    assert night.hospital.node.names() == ["PDF", "SR"]
    assert await night.deliveries(case) == {"images delivered": 1, "report delivered": 2}


@pytest.mark.asyncio
async def test_an_association_that_is_never_released_loses_nothing(night: Night) -> None:
    await night.at("22:00")
    await night.send(ct(images=5), release=False)
    case = await night.only_case()
    await night.read_and_sign(case, at="22:03")

    (study,) = await night.studies()
    assert (study.instance_count, study.complete_reason) == (5, "silent 60 s (CT)")
    assert (await night.timeline(case))[-1] == "22:08:00 delivered"
    assert await night.deliveries(case) == {"images delivered": 1, "report delivered": 2}
