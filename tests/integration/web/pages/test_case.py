"""The page of a case: logged, scoped, and each action by the use case of the API."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, text

from app.directory.domain import Actor, Role
from app.directory.models import AccessLog
from app.dispatch.service.notification import take_unconfirmed
from tests.factories.flow import offer_case, open_case, sign_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard
from tests.integration.web.pages.conftest import Browse, Browser


async def open_reading(stage: Stage, browse: Browse) -> tuple[int, Browser, Actor]:
    """Give a case that somebody reads, and their browser."""
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage, instances=2)
    browser = await browse(actor)
    answer = await browser.post(f"/cases/{case_id}/claim")
    assert answer.headers["location"] == f"/cases/{case_id}"
    return case_id, browser, actor


async def find_state(stage: Stage, case_id: int) -> str:
    query = text('SELECT state FROM "case" WHERE id = :id')
    return str(await stage.session.scalar(query, {"id": case_id}))


def find_draft_number(answer: httpx.Response) -> str:
    found = re.search(r'id="base" name="base" value="(\d+)"', answer.text)
    assert found is not None
    return found[1]


@pytest.mark.asyncio
async def test_the_view_of_a_case_is_logged_once_and_its_refreshes_are_not(
    stage: Stage, browse: Browse
) -> None:
    case_id, browser, actor = await open_reading(stage, browse)

    page = await browser.get(f"/cases/{case_id}")
    await browser.get(f"/cases/{case_id}/status?writing=yes", htmx=True)

    assert page.status_code == 200
    query = select(AccessLog.action).where(
        AccessLog.user_id == actor.user_id,
        AccessLog.subject == "case",
        AccessLog.subject_id == case_id,
    )
    assert list(await stage.session.scalars(query)) == ["view"]


@pytest.mark.asyncio
async def test_the_policy_of_the_page_lets_only_our_own_files_run(
    stage: Stage, browse: Browse
) -> None:
    case_id, browser, _ = await open_reading(stage, browse)

    page = await browser.get(f"/cases/{case_id}")

    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|hx-on|hx-vals", page.text)


@pytest.mark.asyncio
async def test_a_draft_is_saved_reviewed_and_signed(stage: Stage, browse: Browse) -> None:
    case_id, browser, _ = await open_reading(stage, browse)
    place = f"/cases/{case_id}/report"

    saved = await browser.post(place, htmx=True, base=0, conclusion="Normal.\r\nSuite.")
    review = await browser.post(
        f"{place}/review", htmx=True, base=find_draft_number(saved), conclusion="Normal."
    )
    assert "Sign this report?" in review.text
    assert "DUPONT JEANNE" in review.text
    signed = await browser.post(
        f"{place}/sign", htmx=True, base=find_draft_number(review), instance_count=2
    )

    assert signed.status_code == 204
    assert signed.headers["hx-redirect"] == f"/cases/{case_id}"
    assert await find_state(stage, case_id) == "signed"
    again = await browser.post(f"{place}/sign", base=2, instance_count=2)
    assert again.status_code == 409


@pytest.mark.asyncio
async def test_lines_are_kept_as_lines(stage: Stage, browse: Browse) -> None:
    case_id, browser, _ = await open_reading(stage, browse)

    answer = await browser.post(f"/cases/{case_id}/report", base=0, findings="Un.\r\nDeux.")

    assert answer.status_code == 303
    kept = await stage.session.scalar(text("SELECT findings FROM report_version"))
    assert kept == "Un.\nDeux."


@pytest.mark.asyncio
async def test_the_second_of_two_tabs_is_told_by_whom_and_when(
    stage: Stage, browse: Browse
) -> None:
    case_id, browser, actor = await open_reading(stage, browse)
    place = f"/cases/{case_id}/report"
    await browser.post(place, htmx=True, base=0, findings="Premier onglet.")

    refused = await browser.post(place, htmx=True, base=0, findings="Second onglet.")

    assert refused.status_code == 409
    assert refused.headers["hx-retarget"] == "#notice"
    assert f"saved by {actor.name} at 22:00:00" in refused.text
    assert "Second onglet" not in refused.text


@pytest.mark.asyncio
async def test_images_nobody_was_shown_stop_the_signature(stage: Stage, browse: Browse) -> None:
    case_id, browser, _ = await open_reading(stage, browse)
    await browser.post(f"/cases/{case_id}/report", base=0, conclusion="Normal.")

    refused = await browser.post(f"/cases/{case_id}/report/sign", base=1, instance_count=1)

    assert refused.status_code == 409
    assert "The case has 2 images, but you were shown 1" in refused.text
    seen = await browser.post(f"/cases/{case_id}/images-seen", instance_count=2)
    assert seen.status_code == 303
    assert "not yet seen" not in (await browser.get(f"/cases/{case_id}")).text


@pytest.mark.asyncio
async def test_a_preliminary_result_needs_what_to_whom_and_how(
    stage: Stage, browse: Browse
) -> None:
    case_id, browser, _ = await open_reading(stage, browse)
    place = f"/cases/{case_id}/preliminary"

    empty = await browser.post(place, text="", told_to="Dr Roux", means="telephone")
    unknown = await browser.post(place, text="Rien.", told_to="Dr Roux", means="pigeon")
    told = await browser.post(place, text="Rien.", told_to="Dr Roux", means="telephone")

    assert (empty.status_code, unknown.status_code, told.status_code) == (422, 422, 303)
    page = await browser.get(f"/cases/{case_id}")
    assert "told to Dr Roux, By telephone, 22:00:00" in page.text


@pytest.mark.asyncio
async def test_a_case_is_given_back_with_its_reason(stage: Stage, browse: Browse) -> None:
    case_id, browser, _ = await open_reading(stage, browse)
    other, _ = await add_radiologist(stage)
    await put_on_guard(stage, other)

    answer = await browser.post(f"/cases/{case_id}/release", reason="Appelée en salle")

    assert answer.status_code == 303
    assert await find_state(stage, case_id) == "nominated"
    page = await browser.get(f"/cases/{case_id}/status?writing=yes", htmx=True)
    assert "Given back, and offered again: Appelée en salle" in page.text
    assert "You no longer read this case" in page.text


@pytest.mark.asyncio
async def test_the_coordinator_reassigns_changes_nothing_else_and_sets_aside(
    stage: Stage, browse: Browse
) -> None:
    case_id, reader, _ = await open_reading(stage, browse)
    other, _ = await add_radiologist(stage)
    await put_on_guard(stage, other)
    coordinator = await browse(await add_user(stage, role=Role.COORDINATOR))
    place = f"/cases/{case_id}"

    assert (await reader.post(f"{place}/void", reason="non")).status_code == 403
    given = await coordinator.post(
        f"{place}/reassign", radiologist_id=other.id, reason="Ada en salle"
    )
    assert given.status_code == 303
    assert f"{other.given_name} {other.family_name}" in (await coordinator.get(place)).text
    aside = await coordinator.post(f"{place}/void", reason="Patient transféré")

    assert aside.status_code == 303
    assert await find_state(stage, case_id) == "voided"
    page = await coordinator.get(place)
    assert "Set aside: Patient transféré" in page.text
    assert "Set aside…" not in page.text


@pytest.mark.asyncio
async def test_a_reader_changes_the_priority_with_a_reason(stage: Stage, browse: Browse) -> None:
    case_id, browser, _ = await open_reading(stage, browse)

    answer = await browser.post(f"/cases/{case_id}/priority", priority="P1", reason="AVC")

    assert answer.status_code == 303
    page = await browser.get(f"/cases/{case_id}")
    assert "Priority changed from P2 to P1: AVC" in page.text


@pytest.mark.asyncio
async def test_a_signed_report_takes_one_addendum_for_a_double_click(
    stage: Stage, browse: Browse
) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT)
    browser = await browse(actor)

    first = await browser.post(f"/cases/{case_id}/addenda", base=1, text="Relu.")
    second = await browser.post(f"/cases/{case_id}/addenda", base=1, text="Relu.")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Relu." in (await browser.get(f"/cases/{case_id}")).text


@pytest.mark.asyncio
async def test_decisions_are_told_with_names(stage: Stage, browse: Browse) -> None:
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)

    page = await (await browse(actor)).get(f"/cases/{case_id}")

    assert "Why these readers: 1 decision" in page.text
    assert re.search(
        rf'class="chosen">\s*{radiologist.given_name} {radiologist.family_name}', page.text
    )
    assert "0 being read, 0 offered: 0 min ahead" in page.text


@pytest.mark.asyncio
async def test_an_onlooker_reads_and_can_do_nothing(stage: Stage, browse: Browse) -> None:
    case_id, _, _ = await open_reading(stage, browse)
    auditor = await browse(await add_user(stage, role=Role.AUDITOR))

    page = await auditor.get(f"/cases/{case_id}")

    assert "DUPONT JEANNE" in page.text
    main = page.text.partition("<main")[2]
    assert "<form" not in main
    assert (await auditor.post(f"/cases/{case_id}/claim")).status_code == 403


@pytest.mark.asyncio
async def test_the_page_says_who_was_told_by_what_and_what_became_of_it(
    stage: Stage, browse: Browse
) -> None:
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    browser = await browse(actor)

    awaited = await browser.get(f"/cases/{case_id}")
    await take_unconfirmed(stage.session, now=NIGHT + timedelta(seconds=15), limit=10)
    missed = await browser.get(f"/cases/{case_id}/status", htmx=True)

    assert ">Notifications</h2>" in awaited.text
    told = re.findall(r"(Page|Telephone):\s*<span[^>]*>([^<]+)</span>", awaited.text)
    assert told == [("Page", "Awaited")]
    told = re.findall(r"(Page|Telephone):\s*<span[^>]*>([^<]+)</span>", missed.text)
    assert told == [("Telephone", "Awaited"), ("Page", "Not reached")]
