"""The live board: what whoever watches over a night sees, and what they may do."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app import pipeline
from app.directory.domain import Role
from app.dispatch.domain.surge import FEWEST
from app.dispatch.models import Surge
from app.dispatch.service.surge import look_if_due
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard
from tests.integration.web.pages.conftest import Browse

MINUTE = timedelta(minutes=1)


@pytest.mark.asyncio
async def test_a_case_stands_there_with_its_reader_its_slack_and_what_happens_next(
    stage: Stage, browse: Browse
) -> None:
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    slow = await open_case(stage, at=NIGHT - 5 * MINUTE)
    urgent = await open_case(stage, at=NIGHT - MINUTE, urgent=True)
    await offer_case(stage, urgent, at=NIGHT - MINUTE)
    await offer_case(stage, slow, at=NIGHT)
    await pipeline.claim(stage.session, slow, actor=actor, now=NIGHT)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = await browser.get("/board")
    part = await browser.get("/board/live", htmx=True)

    assert page.status_code == part.status_code == 200
    table = page.text.partition('aria-labelledby="cases-title"')[2].partition("</table>")[0]
    first, _, second = table.partition(f'id="case-{slow}"')
    assert f'id="case-{urgent}"' in first
    assert "the whole first line is asked" in first
    assert "its reader is asked" in second
    assert reader.family_name in second
    assert "data-slack-ends=" in first
    assert "1 case claimed" in page.text
    assert "1 of 10 in the last hour" in page.text
    assert "<html" not in part.text
    assert f'id="case-{urgent}"' in part.text


@pytest.mark.asyncio
async def test_the_countdown_of_a_case_is_the_same_on_every_page_and_in_the_answers(
    stage: Stage, browse: Browse
) -> None:
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case_id = await open_case(stage, at=NIGHT - MINUTE, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    (row,) = (await browser.get("/api/v1/worklist")).json()["to_read"]
    pages = [(await browser.get(path)).text for path in ("/", "/board", f"/cases/{case_id}")]

    ends = row["slack_ends_at"].replace("Z", "+00:00")
    due = row["signed_due_at"].replace("Z", "+00:00")
    for page in pages:
        assert f'data-slack-ends="{ends}"' in page
        assert f'datetime="{due}"' in page


@pytest.mark.asyncio
async def test_in_a_surge_one_click_calls_the_backup_line_and_no_second_one(
    stage: Stage, browse: Browse
) -> None:
    reader, _ = await add_radiologist(stage)
    backup, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    await put_on_guard(stage, backup, line="backup")
    for _ in range(FEWEST + 1):
        await open_case(stage, at=NIGHT - MINUTE)
    await look_if_due(stage.session, zone=ZoneInfo("Europe/Paris"), now=NIGHT)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    browser = await browse(coordinator)
    assert "Call the backup line" in (await browser.get("/board")).text
    assert "in 15 minutes" in (await browser.get("/tasks")).text

    answer = await browser.post("/board/surge/call", htmx=True)
    again = await browser.post("/board/surge/call", htmx=True)

    assert answer.status_code == 204
    assert again.status_code == 409
    assert "backup line called at" in (await browser.get("/board")).text
    called_by = await stage.session.scalar(select(Surge.called_by))
    assert called_by == coordinator.user_id


@pytest.mark.asyncio
@pytest.mark.parametrize("role", [Role.PLANNER, Role.SOCIETY_ADMIN, Role.AUDITOR])
async def test_whoever_does_not_coordinate_has_no_board(
    stage: Stage, browse: Browse, role: Role
) -> None:
    browser = await browse(await add_user(stage, role=role))

    assert (await browser.get("/board")).status_code == 403
    assert (await browser.post("/board/surge/call")).status_code == 403
