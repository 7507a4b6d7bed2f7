"""What tests send by the forms of requests."""

import re
from collections.abc import Mapping

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.requests.models import Request
from tests.factories.asking import Asking
from tests.integration.web.conftest import ORIGIN
from tests.integration.web.pages.conftest import Browser

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


def read_value(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', page.text)
    assert found is not None
    return found[1]
