"""The page of calibration: arrivals in, a calibration asked for, its result in words."""

from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import Society
from app.planning.domain.calibration.calibrate import calibrate
from app.planning.models import ArrivalCount, Calibration
from app.planning.service.calibrations import load_task
from app.planning.service.segments import lay_default_segments
from app.web.pages.calibration_words import write_figure, write_share
from app.web.pages.texts import texts_of
from tests.factories.planning import NOW, PARIS
from tests.factories.stage import NIGHT, Stage, add_user
from tests.integration.planning.test_volumes_measured import receive
from tests.integration.web.conftest import ORIGIN
from tests.integration.web.pages.conftest import Browse, Browser

FIRST = date(2026, 9, 7)


async def send(browser: Browser, *rows: str) -> httpx.Response:
    content = "\n".join(["society;day;hour;exams", *rows]).encode()
    return await browser.client.post(
        "/planning/calibration/arrivals",
        data={"csrf_token": browser.token},
        files={"file": ("arrivals.csv", content)},
        headers={"Origin": ORIGIN},
    )


def list_rows(society: Society) -> list[str]:
    return [
        f"{society.name};{FIRST + timedelta(days=day)};{hour};{8 if hour > 19 else 2}"
        for day in range(21)
        for hour in range(24)
    ]


async def work_out(session: AsyncSession) -> Calibration:
    """Work the only calibration out, as the scheduler does."""
    row = (await session.scalars(select(Calibration))).one()
    row.result = calibrate(await load_task(session, row, now=NOW))
    row.state = "done"
    await session.flush()
    return row


@pytest.mark.asyncio
async def test_a_planner_imports_arrivals_calibrates_and_reads_the_answer(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await lay_default_segments(session, zone=PARIS, valid_from=date(2025, 1, 6))
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    empty = (await browser.get("/planning/calibration")).text

    stored = await send(browser, *list_rows(stage.society))
    asked = await browser.post("/planning/calibration", limit=60, target=95, least=3)
    waiting = (await browser.get("/planning/calibration")).text
    row = await work_out(session)
    page = (await browser.get(asked.headers["Location"])).text

    assert "No arrival is known yet" in empty
    assert "Nothing was calibrated yet" in empty
    assert (stored.status_code, asked.status_code) == (303, 303)
    assert "Known from Sep 7, 2026 to Sep 27, 2026." in waiting
    assert "waits to be worked out" in waiting
    assert row.request["criteria"]["least_seats"] == 3
    assert "worked out" in page
    for words in ("Deep night", "One reader fewer", "by safety", "too empty: below the floor"):
        assert words in page
    assert "merged with the backup line" in page
    assert "the real nights again" in page
    assert stage.society.name in page
    assert (row.result or {})["segments"][0]["seats"] == 3


@pytest.mark.asyncio
async def test_every_fault_of_a_file_is_shown_and_nothing_is_taken(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))

    answer = await send(browser, "Nobody;2026-09-07;9;3", f"{stage.society.name};2026-09-07;9;x")
    nothing = await browser.post("/planning/calibration/arrivals")

    assert answer.status_code == 422
    assert "line 2, column 1: there is no society &#39;Nobody&#39;" in answer.text
    assert "line 3, column 4: &#39;x&#39; is no number" in answer.text
    assert (await session.scalars(select(ArrivalCount))).all() == []
    assert nothing.status_code == 422


@pytest.mark.asyncio
async def test_arrivals_of_the_last_year_are_measured_from_our_cases(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await receive(stage, at=NIGHT - timedelta(days=3))
    browser = await browse(await add_user(stage, role=Role.PLANNER))

    measured = await browser.post("/planning/calibration/measure")

    assert measured.status_code == 303
    (row,) = (await session.scalars(select(ArrivalCount))).all()
    assert (row.society_id, row.exams, row.source) == (stage.society.id, 1, "measured")


@pytest.mark.asyncio
async def test_who_only_reads_the_planning_sees_no_form(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.AUDITOR))

    page = await browser.get("/planning/calibration")
    asked = await browser.post("/planning/calibration")

    assert page.status_code == 200
    assert 'action="/planning/calibration' not in page.text
    assert asked.status_code == 403


@pytest.mark.asyncio
async def test_a_failed_calibration_says_why(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    await send(browser, *list_rows(stage.society))
    asked = await browser.post("/planning/calibration")
    row = (await session.scalars(select(Calibration))).one()
    row.state, row.error = "failed", "no exam of a member is known of the period"
    await session.flush()

    page = (await browser.get(asked.headers["Location"])).text

    assert "not worked out" in page
    assert "no exam of a member is known of the period" in page


def test_figures_are_written_as_the_language_has_them() -> None:
    french, english = texts_of("fr"), texts_of("en")

    assert write_figure(1234.56, texts=english) == "1,234.6"
    assert write_figure(0.25, texts=french) == "0,2"
    assert write_figure(12.6, texts=english, places=0) == "13"
    assert write_figure(None, texts=english) == "–"
    assert write_share(0.954, texts=french) == "95,4 %"
