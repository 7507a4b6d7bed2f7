"""The page of a request, and the list: the decision, the files, who is first."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import AccessLog
from app.requests.models import Request
from tests.factories.asking import Asking
from tests.factories.files import make_picture
from tests.integration.web.pages.conftest import Browser
from tests.integration.web.pages.requests.forms import TYPED, count, read_version, send, submit


@pytest.mark.asyncio
async def test_a_radiologist_on_guard_decides_on_the_page(
    asking: Asking, hospital: Browser, reader: Browser
) -> None:
    request_id = await submit(asking, hospital)
    page = await reader.get(f"/requests/{request_id}")
    decision: dict[str, Any] = {"version": read_version(page), "kind": "validated"}

    refused = await reader.post(f"/requests/{request_id}/decision", **decision)
    decided = await reader.post(
        f"/requests/{request_id}/decision", protocol="Sans injection", **decision
    )

    assert refused.status_code == 422
    assert 'id="protocol-error"' in refused.text
    assert decided.status_code == 303
    shown = await hospital.get(f"/requests/{request_id}")
    assert "Validated" in shown.text
    assert "Sans injection" in shown.text


@pytest.mark.asyncio
async def test_who_decides_second_is_told_so(
    asking: Asking, hospital: Browser, reader: Browser
) -> None:
    request_id = await submit(asking, hospital)
    page = await reader.get(f"/requests/{request_id}")
    decision: dict[str, Any] = {
        "version": read_version(page),
        "kind": "refused",
        "reason": "Déjà fait",
    }

    first = await reader.post(f"/requests/{request_id}/decision", **decision)
    second = await reader.post(f"/requests/{request_id}/decision", **decision)

    assert (first.status_code, second.status_code) == (303, 409)


@pytest.mark.asyncio
async def test_a_question_is_answered_on_the_form_of_the_hospital(
    asking: Asking, hospital: Browser, reader: Browser
) -> None:
    request_id = await submit(asking, hospital)
    page = await reader.get(f"/requests/{request_id}")
    await reader.post(
        f"/requests/{request_id}/decision",
        version=read_version(page),
        kind="more_information",
        reason="Créatinine ?",
    )
    assert (
        "The radiologist asks: Créatinine ?" in (await hospital.get(f"/requests/{request_id}")).text
    )

    form = await hospital.get(f"/requests/{request_id}/edit")
    answer = await hospital.post(
        f"/requests/{request_id}/edit", version=read_version(form), renal_function="DFG 80"
    )

    assert answer.status_code == 303, answer.text
    shown = (await reader.get(f"/requests/{request_id}")).text
    assert "DFG 80" in shown
    assert "Créatinine ?" in shown
    assert "The radiologist asks" not in shown


@pytest.mark.asyncio
async def test_a_decided_request_lets_only_identities_change_on_its_form(
    asking: Asking, hospital: Browser
) -> None:
    request_id = await submit(asking, hospital)
    await asking.decide(request_id)

    form = await hospital.get(f"/requests/{request_id}/edit")
    version = read_version(form)
    fixed = await hospital.post(
        f"/requests/{request_id}/edit", version=version, question="Fracture ?"
    )
    answer = await hospital.post(
        f"/requests/{request_id}/edit", version=version, accession_number="A-9"
    )

    assert re.search(r'id="question"[^>]*disabled', form.text)
    assert not re.search(r'id="accession_number"[^>]*disabled', form.text)
    assert (fixed.status_code, answer.status_code) == (409, 303)


@pytest.mark.asyncio
async def test_a_radiologist_types_and_validates_in_one_go(
    asking: Asking, reader: Browser, session: AsyncSession
) -> None:
    request_id = await submit(asking, reader, protocol="Sans injection")

    request = await session.get_one(Request, request_id, populate_existing=True)
    assert (request.state, request.decided_by) == ("validated", asking.radiologist.id)


@pytest.mark.asyncio
async def test_a_hospital_does_not_validate_with_a_protocol_of_its_own(
    asking: Asking, hospital: Browser, session: AsyncSession
) -> None:
    typed = TYPED | {"site_id": str(asking.stage.site.id), "protocol": "mine"}

    assert (await send(hospital, "/requests", typed)).status_code == 403
    assert await count(session) == 0


@pytest.mark.asyncio
async def test_a_request_is_cancelled_with_a_reason(asking: Asking, hospital: Browser) -> None:
    request_id = await submit(asking, hospital)

    without = await hospital.post(f"/requests/{request_id}/cancel", reason="")
    answer = await hospital.post(f"/requests/{request_id}/cancel", reason="Transfert")

    assert (without.status_code, answer.status_code) == (422, 303)
    assert "Transfert" in (await hospital.get(f"/requests/{request_id}")).text


@pytest.mark.asyncio
async def test_a_picture_may_be_looked_at_and_a_file_is_otherwise_a_download(
    asking: Asking, hospital: Browser
) -> None:
    request_id = await submit(asking, hospital)
    place = f"/requests/{request_id}/attachments"
    missing = await send(hospital, place, {})
    await send(hospital, place, {}, file=("photo.png", make_picture()))
    found = re.search(
        rf'href="({place}/\d+)"', (await hospital.get(f"/requests/{request_id}")).text
    )
    assert found is not None

    download = await hospital.get(found[1])
    shown = await hospital.get(f"{found[1]}?inline=true")

    assert missing.status_code == 422
    assert download.headers["content-disposition"].startswith("attachment")
    assert shown.headers["content-disposition"].startswith("inline")
    for answer in (download, shown):
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.asyncio
async def test_the_list_shows_what_is_most_urgent_first_then_what_waits_longest(
    asking: Asking, hospital: Browser, reader: Browser
) -> None:
    for priority in ("P3", "P1", "P2", "P1"):
        await submit(asking, hospital, priority=priority, family_name=f"X{priority}")

    shown = re.findall(r">(XP\d) Jeanne</a>", (await reader.get("/requests/rows")).text)

    assert shown == ["XP1", "XP1", "XP2", "XP3"]


@pytest.mark.asyncio
async def test_a_look_at_a_request_is_logged_and_its_refreshes_are_not(
    asking: Asking, hospital: Browser, session: AsyncSession
) -> None:
    request_id = await submit(asking, hospital)

    await hospital.get(f"/requests/{request_id}")
    await hospital.get(f"/requests/{request_id}/status", htmx=True)

    query = select(AccessLog.action).where(AccessLog.subject_id == request_id)
    assert list(await session.scalars(query)) == ["view"]


@pytest.mark.asyncio
async def test_what_a_page_of_requests_says_has_its_french(
    asking: Asking, hospital: Browser, session: AsyncSession
) -> None:
    (await asking.user_of(asking.hospital)).locale = "fr"
    await session.flush()

    page = await hospital.get("/requests/new")

    assert "Nouvelle demande" in page.text
