"""The page of volumes: look at a file, import it, see shares and warnings, freeze."""

import html
import re
from datetime import date

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.planning.domain.volumes.months import add_months
from app.planning.models import MonthlyVolume, SnapshotShare
from app.web.pages.texts import texts_of
from app.web.pages.volumes_words import write_percent, write_thousandths
from tests.factories.planning import add_group
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_society, add_user
from tests.integration.web.conftest import ORIGIN
from tests.integration.web.pages.conftest import Browse, Browser


async def look(browser: Browser, content: bytes, *, filename: str = "v.csv") -> httpx.Response:
    return await browser.client.post(
        "/planning/volumes/preview",
        data={"csrf_token": browser.token},
        files={"file": (filename, content)},
        headers={"Origin": ORIGIN},
    )


async def send(browser: Browser, fields: dict[str, str]) -> httpx.Response:
    return await browser.client.post(
        "/planning/volumes/import",
        data={"csrf_token": browser.token, **fields},
        headers={"Origin": ORIGIN},
    )


async def read_until(browser: Browser) -> date:
    """Read the first month that is left out, from the API with the same cookie."""
    shares = (await browser.get("/api/v1/volumes/shares")).json()
    return date.fromisoformat(shares["until"])


def hidden(page: str) -> dict[str, str]:
    form = page.partition('action="/planning/volumes/import"')[2].partition("</form>")[0]
    found = re.findall(r'name="(content|digest|filename)"\s+value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


@pytest.mark.asyncio
async def test_a_planner_looks_imports_measures_and_freezes(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    other = await add_society(session)
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    month = add_months(await read_until(browser), -1)
    text = f"society;month;exams;weighted\n{stage.society.name};{month:%m/%Y};75;60,5\n"
    text += f"{other.name};{month:%Y-%m};25;20\ncommon;{month:%Y-%m};8;8\n"
    empty = (await browser.get("/planning/volumes")).text

    looked = await look(browser, text.encode())
    before = (await session.scalars(select(MonthlyVolume))).all()
    stored = await send(browser, hidden(looked.text))
    measured = await browser.post("/planning/volumes/measure")
    shown = (await browser.get("/planning/volumes")).text
    frozen = await browser.post("/planning/volumes/freeze", note="first quarter")
    page = (await browser.get("/planning/volumes")).text

    assert "No society brought any exam" in empty
    assert "Understood: UTF-8, columns separated by semicolons." in looked.text
    assert "Weights were read with decimal commas." in looked.text
    assert "60.5" in looked.text
    assert before == []
    assert [each.status_code for each in (stored, measured, frozen)] == [303] * 3
    # 60.5 of 80.5 exams by weight; the pot of 8 is spread and changes nothing.
    assert "75.1553 %" in shown
    assert "24.8447 %" in shown
    assert "Common pot" in shown
    assert "first quarter" in page
    shares = (await session.scalars(select(SnapshotShare.share))).all()
    assert sorted(shares) == [248_447, 751_553]


@pytest.mark.asyncio
async def test_every_fault_is_shown_by_line_and_column_and_nothing_can_be_imported(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    content = b"society;month;exams\n<script>;2026-13;-1\n"

    looked = await look(browser, content)

    assert looked.status_code == 422
    assert "There is no society “&lt;script&gt;”." in looked.text
    assert "“2026-13” is no month such as 2026-03 or 03/2026." in looked.text
    assert "-1 is negative." in looked.text
    assert hidden(looked.text) == {}
    assert (await session.scalars(select(MonthlyVolume))).all() == []


@pytest.mark.asyncio
async def test_a_file_that_changed_on_its_way_is_refused(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    month = add_months(await read_until(browser), -1)
    text = f"society;month;exams\n{stage.society.name};{month:%Y-%m};75\n"
    fields = hidden((await look(browser, text.encode())).text)

    other = await send(browser, {**fields, "digest": "0" * 64})
    broken = await send(browser, {**fields, "content": "é"})
    nothing = await browser.post("/planning/volumes/preview")

    assert (other.status_code, broken.status_code, nothing.status_code) == (409, 422, 422)
    assert (await session.scalars(select(MonthlyVolume))).all() == []


@pytest.mark.asyncio
async def test_a_society_is_warned_when_its_people_cannot_hold_its_share(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    group = await add_group(session, volumes=(1,), people_each=2)
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    month = add_months(await read_until(browser), -1)
    session.add(
        MonthlyVolume(
            society_id=group.societies[0],
            month=month,
            source="imported",
            exams=50,
            weighted=50_000,
            written_at=NIGHT,
        )
    )
    await session.flush()

    page = (await browser.get("/planning/volumes")).text

    assert re.search(
        r"would owe \d+ seats of “Deep night” in thirteen weeks; its 2 radiologists can hold", page
    )


@pytest.mark.asyncio
async def test_measured_and_imported_stand_beside_each_other(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))
    month = add_months(await read_until(browser), -1)
    for source, exams in (("measured", 41), ("imported", 43)):
        session.add(
            MonthlyVolume(
                society_id=stage.society.id,
                month=month,
                source=source,
                exams=exams,
                weighted=exams * 1000,
                written_at=NIGHT,
            )
        )
    await session.flush()

    page = (await browser.get("/planning/volumes")).text

    assert "<strong>43</strong>" in page
    assert re.search(r'<span class="flag">\s*41\s*</span>', page)


@pytest.mark.asyncio
async def test_a_radiologist_sees_and_changes_nothing(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    page = await browser.get("/planning/volumes")
    refused = [
        await browser.post(f"/planning/volumes/{verb}") for verb in ("measure", "freeze", "preview")
    ]

    assert page.status_code == 200
    assert "/planning/volumes/preview" not in page.text
    assert "/planning/volumes/freeze" not in page.text
    assert [each.status_code for each in refused] == [403] * 3


@pytest.mark.parametrize(
    ("language", "thousandths", "percent"),
    (("en", "1234.5", "0.0001 %"), ("fr", "1234,5", "0,0001 %")),
)
def test_figures_are_written_exactly(language: str, thousandths: str, percent: str) -> None:
    texts = texts_of(language)

    assert write_thousandths(1_234_500, texts=texts) == thousandths
    assert write_thousandths(1_230_000, texts=texts) == "1230"
    assert write_thousandths(0, texts=texts) == "0"
    assert write_percent(1, texts=texts) == percent


@pytest.mark.asyncio
async def test_after_an_update_only_what_can_be_asked_for_again_offers_to_be_loaded_again(
    stage: Stage, browse: Browse
) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))

    asked = await browser.get("/planning/volumes")
    answered = await look(browser, b"society;month;exams\n")

    for page in (asked, answered):
        assert "Astreinte was updated" in page.text
    assert "Load the page again" in asked.text
    assert "Load the page again" not in answered.text
