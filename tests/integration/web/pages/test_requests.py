"""The pages of requests: the form works without a script, keeps what was typed, and says why."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import AccessLog
from app.requests.models import Request, RequestAttachment
from app.settings import read_settings
from app.web.container import Container
from tests.factories.asking import Asking, begin_asking
from tests.factories.files import make_pdf, make_picture
from tests.integration.web.conftest import ORIGIN
from tests.integration.web.pages.conftest import Browse, Browser

TYPED = {
    "priority": "P1",
    "family_name": "DUPONT",
    "given_name": "Jeanne",
    "birth_date": "1950-01-01",
    "sex": "F",
    "exam": "Scanner cérébral",
    "region": "Crâne",
    "question": "Hémorragie ?",
    "requester": "Dr Roux, urgences",
    "call_back_number": "05 53 00 00 00",
    "patient_informed": "yes",
}


@pytest.fixture
def container(container: Container, tmp_path: Path) -> Container:
    return replace(container, settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}))


@pytest_asyncio.fixture
async def asking(session: AsyncSession) -> Asking:
    return await begin_asking(session)


@pytest_asyncio.fixture
async def hospital(asking: Asking, browse: Browse) -> Browser:
    return await browse(asking.hospital)


@pytest_asyncio.fixture
async def reader(asking: Asking, browse: Browse) -> Browser:
    return await browse(asking.reader)


async def send(
    browser: Browser,
    path: str,
    typed: Mapping[str, str],
    *,
    file: tuple[str, bytes] | None = None,
) -> httpx.Response:
    """Send a form as a browser without scripts does, with its file."""
    form = {"csrf_token": browser.token, **typed}
    files = {"file": ("", b"") if file is None else file}
    return await browser.client.post(path, data=form, files=files, headers={"Origin": ORIGIN})


async def submit(asking: Asking, browser: Browser, **changes: str) -> int:
    typed = TYPED | {"site_id": str(asking.stage.site.id)} | changes
    answer = await send(browser, "/requests", typed)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Request)) or 0


def read_version(page: httpx.Response) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found is not None
    return found[1]


@pytest.mark.asyncio
async def test_a_request_is_sent_by_a_plain_form_with_a_file_and_shown(
    asking: Asking, hospital: Browser
) -> None:
    form = await hospital.get("/requests/new")
    assert asking.stage.site.name in form.text
    typed = TYPED | {"site_id": str(asking.stage.site.id)}

    answer = await send(hospital, "/requests", typed, file=("lettre.pdf", make_pdf()))

    page = await hospital.get(answer.headers["location"])
    for text in ("DUPONT Jeanne", "Hémorragie ?", "01/01/1950", "lettre.pdf", "05 53 00 00 00"):
        assert text in page.text
    assert 'id="decision"' not in page.text


@pytest.mark.asyncio
async def test_a_refused_form_comes_back_with_what_was_typed_and_why_beside_each_field(
    asking: Asking, hospital: Browser, session: AsyncSession
) -> None:
    typed = TYPED | {
        "site_id": str(asking.stage.site.id),
        "family_name": "",
        "birth_date": "2026-11-21",
        "question": 'with "quotes" & <b>',
    }
    del typed["patient_informed"]

    answer = await send(hospital, "/requests", typed)

    assert answer.status_code == 422
    for name in ("family_name", "birth_date", "patient_informed"):
        assert f'id="{name}-error"' in answer.text
    assert 'id="question-error"' not in answer.text
    assert "this day has not come yet" in answer.text
    assert "with &#34;quotes&#34; &amp; &lt;b&gt;" in answer.text
    assert 'value="Dr Roux, urgences"' in answer.text
    assert await count(session) == 0


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script>", make_pdf(trailer=b"/Encrypt 5 0 R")]
)
async def test_a_bad_file_leaves_no_request_and_says_to_choose_it_again(
    asking: Asking, hospital: Browser, session: AsyncSession, content: bytes
) -> None:
    typed = TYPED | {"site_id": str(asking.stage.site.id)}

    answer = await send(hospital, "/requests", typed, file=("lettre.pdf", content))

    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert "Choose the file again." in answer.text
    assert await count(session) == 0
    assert await session.scalar(select(func.count()).select_from(RequestAttachment)) == 0


@pytest.mark.asyncio
async def test_a_file_of_fifty_megabytes_is_refused_on_a_page(
    asking: Asking, hospital: Browser, session: AsyncSession
) -> None:
    typed = TYPED | {"site_id": str(asking.stage.site.id)}

    answer = await send(hospital, "/requests", typed, file=("scan.pdf", b"\x00" * (50 << 20)))

    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert await count(session) == 0


@pytest.mark.asyncio
async def test_a_script_in_the_question_is_shown_as_text_wherever_it_is_shown(
    asking: Asking, hospital: Browser, reader: Browser
) -> None:
    request_id = await submit(asking, hospital, question="<script>alert(1)</script>")

    for browser in (hospital, reader):
        for path in ("/requests", f"/requests/{request_id}", f"/requests/{request_id}/status"):
            page = await browser.get(path)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


@pytest.mark.asyncio
async def test_a_form_that_is_sent_twice_makes_one_request(
    asking: Asking, hospital: Browser, session: AsyncSession
) -> None:
    first = await submit(asking, hospital, key="drawn once")
    second = await submit(asking, hospital, key="drawn once")

    assert first == second
    assert await count(session) == 1


@pytest.mark.asyncio
async def test_nobody_sends_a_form_for_a_site_that_is_not_theirs(
    asking: Asking, hospital: Browser
) -> None:
    typed = TYPED | {"site_id": "999999999"}

    assert (await send(hospital, "/requests", typed)).status_code == 404
    assert (await send(hospital, "/requests", TYPED)).status_code == 422


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
