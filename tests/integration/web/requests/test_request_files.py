"""Files over the API: what they are is read from their content."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.factories.asking import Asking
from tests.factories.files import make_pdf, make_picture
from tests.integration.web.requests.calls import URL, attach, count_files, fields_of, submit


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (make_pdf(), "application/pdf"),
        (make_picture(form="JPEG"), "image/jpeg"),
        (make_picture(form="PNG"), "image/png"),
    ],
)
async def test_a_file_comes_back_as_it_came_and_as_what_it_is(
    asking: Asking, hospital: httpx.AsyncClient, content: bytes, media_type: str
) -> None:
    made = await submit(hospital, asking)

    added = await attach(hospital, made, content, name="../é.pdf", media_type="text/html")
    (kept,) = added.json()["attachments"]
    back = await hospital.get(f"{URL}/{made['request_id']}/attachments/{kept['attachment_id']}")

    assert added.status_code == 201, added.text
    assert kept["media_type"] == media_type
    assert back.content == content
    assert back.headers["content-type"] == media_type
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]
    disposition = back.headers["content-disposition"]
    assert disposition.startswith("attachment; ")
    assert "/" not in disposition


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"",
        b"%PDF-1.7 and nothing else",
        make_picture()[:60],
        make_pdf(catalog=b"/OpenAction<</S/JavaScript/JS(x)>>"),
        make_pdf(trailer=b"/Encrypt 5 0 R"),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused_and_leaves_nothing(
    asking: Asking, hospital: httpx.AsyncClient, tmp_path: Path, content: bytes
) -> None:
    made = await submit(hospital, asking)

    answer = await attach(hospital, made, content)

    assert fields_of(answer) == {"file"}
    assert count_files(tmp_path) == 0


@pytest.mark.asyncio
async def test_a_file_of_fifty_megabytes_is_refused_before_it_is_read(
    asking: Asking, hospital: httpx.AsyncClient
) -> None:
    made = await submit(hospital, asking)
    sent = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        yield head
        for _ in range(50):
            sent += 1
            yield b"\x00" * (1 << 20)
        yield b"\r\n--x--\r\n"

    place = f"{URL}/{made['request_id']}/attachments"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    unannounced = await hospital.post(place, content=stream(), headers=headers)
    announced = await attach(hospital, made, b"\x00" * (50 << 20))

    assert (unannounced.status_code, announced.status_code) == (413, 413)
    assert sent < 15
    for answer in (unannounced, announced):
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio
async def test_a_file_just_above_ten_megabytes_is_too_large(
    asking: Asking, hospital: httpx.AsyncClient, tmp_path: Path
) -> None:
    made = await submit(hospital, asking)

    answer = await attach(hospital, made, b"%PDF-1.7" + b"\x00" * (10 << 20))

    assert answer.status_code == 413
    assert count_files(tmp_path) == 0


@pytest.mark.asyncio
async def test_an_eleventh_file_is_refused_and_leaves_nothing(
    asking: Asking, hospital: httpx.AsyncClient, tmp_path: Path
) -> None:
    made = await submit(hospital, asking)
    for _ in range(10):
        assert (await attach(hospital, made, make_pdf())).status_code == 201

    assert (await attach(hospital, made, make_pdf())).status_code == 409
    assert count_files(tmp_path) == 10
