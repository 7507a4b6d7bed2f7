"""The form of a request: it keeps what was typed, and says why it is refused."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.requests.models import RequestAttachment
from tests.factories.asking import Asking
from tests.factories.files import make_pdf
from tests.integration.web.pages.conftest import Browser
from tests.integration.web.pages.requests.forms import TYPED, count, send, submit


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
