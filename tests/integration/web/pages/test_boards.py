"""On-call board, turnaround and deliveries: what they show and to whom."""

import csv
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.directory.domain import Role
from tests.factories.flow import open_case, sign_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard
from tests.integration.web.pages.conftest import Browse

HOUR = timedelta(hours=1)


@pytest.mark.asyncio
async def test_the_board_shows_now_and_who_comes_next_with_telephones(
    stage: Stage, browse: Browse
) -> None:
    current, actor = await add_radiologist(stage)
    coming, _ = await add_radiologist(stage)
    await put_on_guard(stage, current, period=(NIGHT - HOUR, NIGHT + 2 * HOUR))
    await put_on_guard(stage, coming, period=(NIGHT + 2 * HOUR, NIGHT + 5 * HOUR))

    page = await (await browse(actor)).get("/on-call")

    now, _, after = page.text.partition('id="next"')
    assert "Now, 22:00" in now
    assert current.family_name in now
    assert 'href="tel:+33600000000"' in now
    assert "06 00 00 00 00" in now
    assert "From 21 Nov 2026 00:00" in after or "From Nov 21, 2026 00:00" in after
    assert coming.family_name in after
    assert current.family_name not in after


@pytest.mark.asyncio
async def test_the_board_says_when_nobody_is_on_guard(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)

    page = await (await browse(actor)).get("/on-call")

    assert "nobody is on guard" in page.text


@pytest.mark.asyncio
async def test_the_turnaround_counts_what_was_signed_in_time(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage, at=NIGHT - HOUR / 2)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT - HOUR / 4)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = await browser.get("/turnaround?by=site&from=&to=&site_id=&society_id=&segment=")

    assert page.status_code == 200
    row = page.text.partition(f'<th scope="row">{stage.site.name}')[2].partition("</tr>")[0]
    assert "100 %" in row
    # From the first image to the signature: half an hour less a quarter, and a minute.
    assert "16 min 00 s" in row


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "query", ["from=2026-11-20&to=2026-11-01", "from=tomorrow", "by=colour", "site_id=x"]
)
async def test_filters_that_cannot_be_read_are_said_so(
    stage: Stage, browse: Browse, query: str
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = await browser.get(f"/turnaround?{query}")

    assert page.status_code == 422
    assert "These filters cannot be read" in page.text


@pytest.mark.asyncio
async def test_the_api_answers_the_same_figures(stage: Stage, browse: Browse) -> None:
    await open_case(stage, at=NIGHT - 3 * HOUR)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    answer = await browser.get("/api/v1/indicators/turnaround?by=priority")
    wrong = await browser.get("/api/v1/indicators/turnaround?from=2026-11-20&to=2026-11-01")

    body = answer.json()
    assert (body["grouping"], body["percentile"]) == ("priority", "nearest rank")
    (group,) = body["groups"]
    assert (group["key"], group["case_count"], group["judged_count"]) == ("P2", 1, 1)
    assert {span["count"] for span in group["spans"]} == {0}
    assert wrong.status_code == 422


@pytest.mark.asyncio
async def test_the_api_answers_the_worklist(stage: Stage, browse: Browse) -> None:
    case_id = await open_case(stage)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    body = (await browser.get("/api/v1/worklist")).json()

    (row,) = body["to_read"]
    assert (row["case_id"], row["state"], row["nominees"]) == (case_id, "open", [])
    assert body["to_deliver"] == []
    elsewhere = await browser.get(f"/api/v1/worklist?site_id={stage.site.id + 1}")
    assert elsewhere.json()["to_read"] == []


@pytest.mark.asyncio
async def test_what_was_given_up_is_sent_again_by_a_click(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT)
    await stage.session.execute(text("UPDATE delivery SET state = 'dead' WHERE kind = 'report'"))
    delivery_id = await stage.session.scalar(
        text("SELECT min(id) FROM delivery WHERE state='dead'")
    )
    coordinator = await browse(await add_user(stage, role=Role.COORDINATOR))
    reader = await browse(actor)

    page = await coordinator.get("/deliveries")
    assert "Send again" in page.text
    assert "DUPONT" not in page.text
    assert "Send again" not in (await reader.get("/deliveries")).text
    refused = await reader.post(f"/deliveries/{delivery_id}/resend")
    sent = await coordinator.post(f"/deliveries/{delivery_id}/resend")

    assert (refused.status_code, sent.status_code) == (403, 303)
    query = text("SELECT state FROM delivery WHERE id = :id")
    assert await stage.session.scalar(query, {"id": delivery_id}) == "waiting"
    assert (await coordinator.post("/deliveries/999999/resend")).status_code == 404


@pytest.mark.asyncio
async def test_the_figures_are_a_file_too_and_a_case_tells_its_own_intervals(
    stage: Stage, browse: Browse
) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage, at=NIGHT - HOUR / 2)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT - HOUR / 4)
    stage.site.name = "=1+1"
    browser = await browse(await add_user(stage, role=Role.AUDITOR))

    page = await browser.get("/turnaround?by=site")
    link = re.search(r'href="(/api/v1/indicators/turnaround.csv[^"]*)"', page.text)
    assert link is not None
    answer = await browser.get(link[1].replace("&amp;", "&"))
    own = (await browser.get(f"/api/v1/cases/{case_id}/intervals")).json()

    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(answer.text.splitlines()))
    (line,) = [each for each in lines if (each["from"], each["to"]) == ("first_image", "signed")]
    assert (line["label"], line["count"]) == ("'=1+1", "1")
    assert line["median_s"] == line["p95_s"] == line["max_s"] == "960.0"
    seconds = {(each["start"], each["end"]): each["seconds"] for each in own}
    assert seconds["first_image", "signed"] == 960
    assert (await browser.get(f"/api/v1/cases/{case_id + 1}/intervals")).status_code == 404
