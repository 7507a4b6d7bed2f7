"""Studies that are no case, and the rules that make them so."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.repository import get_case, list_studies
from app.directory.domain import Role
from app.intake.domain.classes import ClassRule
from app.intake.models import IntakeRuleSet, Study
from app.web.pages.intake_rules import CRITERIA
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_study, add_user
from tests.integration.web.pages.conftest import Browse


def test_every_criterion_of_a_rule_can_be_typed() -> None:
    assert set(CRITERIA) == {each.name for each in fields(ClassRule)} - {"intake_class"}


async def _add_phantom(stage: Stage) -> Study:
    study = await add_study(stage, at=NIGHT - timedelta(hours=1), description="CONTROLE QUALITE")
    study.intake_class, study.intake_reason = "test", "words of quality control"
    study.announced_count = study.image_count = study.instance_count
    await stage.session.flush()
    return study


async def _read_class(session: AsyncSession, study: Study) -> str | None:
    await session.refresh(study)
    return study.intake_class


@pytest.mark.asyncio
async def test_what_is_no_case_is_listed_with_its_reason_and_becomes_one_by_a_click_and_back(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    study = await _add_phantom(stage)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = (await browser.get("/no-case")).text
    assert "CONTROLE QUALITE" in page
    assert "words of quality control" in page
    assert stage.site.name in page

    answer = await browser.post(
        f"/no-case/{study.id}", intake_class="case", reason="made a case by hand"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/no-case")
    assert await _read_class(session, study) == "case"
    made = (await browser.get("/no-case")).text.partition('id="made-title"')[2]
    assert "CONTROLE QUALITE" in made

    await browser.post(f"/no-case/{study.id}", intake_class="test", reason="taken back by hand")
    assert await _read_class(session, study) == "test"


@pytest.mark.asyncio
async def test_the_list_may_be_limited_to_a_hospital(stage: Stage, browse: Browse) -> None:
    await _add_phantom(stage)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    own = await browser.get(f"/no-case?site_id={stage.site.id}")
    other = await browser.get(f"/no-case?site_id={stage.site.id + 1}")

    assert "CONTROLE QUALITE" in own.text
    assert "CONTROLE QUALITE" not in other.text
    assert (await browser.get("/no-case?site_id=x")).status_code == 422


@pytest.mark.asyncio
async def test_the_effect_of_rules_is_shown_before_they_are_saved(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    study = await add_study(stage, at=NIGHT - timedelta(hours=1), description="GENOU")
    await add_study(stage, at=NIGHT - timedelta(hours=1), description="CRANE")
    await session.flush()
    for each in await session.scalars(select(Study)):
        each.intake_class = "case"
    await session.flush()
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    rules: dict[str, Any] = {
        "0-intake_class": "out_of_contract",
        "0-words": "genou",
        "1-intake_class": "test",
    }

    shown = await browser.post(f"/no-case/rules/{stage.site.id}", do="preview", **rules)

    assert shown.status_code == 200
    assert "1 of 2 would have another class." in shown.text
    assert 'value="genou"' in shown.text
    assert (await session.scalars(select(IntakeRuleSet))).all() == []

    saved = await browser.post(
        f"/no-case/rules/{stage.site.id}", do="save", note="knees are for the day", **rules
    )

    assert saved.status_code == 303
    (row,) = await session.scalars(select(IntakeRuleSet))
    assert row.rules == {"rules": [{"intake_class": "out_of_contract", "words": "genou"}]}
    page = (await browser.get(f"/no-case/rules/{stage.site.id}")).text
    assert "knees are for the day" in page
    assert await _read_class(session, study) == "case"


@pytest.mark.asyncio
async def test_rules_that_class_everything_as_test_are_saved_only_when_somebody_insists(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    for _ in range(3):
        study = await add_study(stage, at=NIGHT - timedelta(hours=1))
        study.intake_class = "case"
    await session.flush()
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    rules: dict[str, Any] = {"0-intake_class": "test", "0-modality": "CT"}
    path = f"/no-case/rules/{stage.site.id}"

    warned = await browser.post(path, do="preview", **rules)
    refused = await browser.post(path, do="save", **rules)

    assert "nearly all studies would ring nobody" in warned.text
    assert refused.status_code == 409
    assert 'name="confirmed"' in refused.text
    assert (await session.scalars(select(IntakeRuleSet))).all() == []

    answer = await browser.post(path, do="save", confirmed="yes", **rules)

    assert answer.status_code == 303
    assert len((await session.scalars(select(IntakeRuleSet))).all()) == 1


@pytest.mark.asyncio
async def test_a_rule_that_cannot_be_is_refused_with_what_was_typed(
    stage: Stage, browse: Browse
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    rules: dict[str, Any] = {"0-intake_class": "test", "0-older_than_hours": "soon"}

    answer = await browser.post(f"/no-case/rules/{stage.site.id}", do="save", **rules)

    assert answer.status_code == 422
    assert 'value="soon"' in answer.text


@pytest.mark.asyncio
async def test_a_coordinator_sees_the_rules_and_changes_none(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    path = f"/no-case/rules/{stage.site.id}"

    page = await browser.get(path)
    answer = await browser.post(path, do="save")

    assert page.status_code == 200
    assert "Save the rules" not in page.text
    assert answer.status_code == 403


@pytest.mark.asyncio
async def test_a_number_that_is_none_is_refused_and_never_breaks_the_page(
    stage: Stage, browse: Browse
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    path = f"/no-case/rules/{stage.site.id}"

    for typed in ("9" * 5000, "9" * 19, "²", "-1"):
        rule: dict[str, Any] = {"0-intake_class": "test", "0-sender_id": typed}
        assert (await browser.post(path, htmx=False, do="preview", **rule)).status_code == 422


@pytest.mark.asyncio
async def test_a_case_that_is_a_phantom_is_none_by_a_click_on_its_page(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    case_id = await open_case(stage)
    (study,) = await list_studies(session, case_id)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    form = f'action="/no-case/{study.id}"'
    page = (await browser.get(f"/cases/{case_id}")).text

    await browser.post(f"/no-case/{study.id}", intake_class="test", reason="a phantom")

    case = await get_case(session, case_id)
    await session.refresh(case)
    assert form in page
    assert case.state == "voided"
    assert form not in (await browser.get(f"/cases/{case_id}")).text
    assert "a phantom" in (await browser.get("/no-case")).text
