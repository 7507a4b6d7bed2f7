"""Reports over the API: one draft, one signature, addenda, the page; and who may see what."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.models import Delivery
from app.directory.domain import Role
from app.directory.models import RoleGrant, User
from app.reports.domain.document import Form
from app.reports.models import Document
from app.settings import read_settings
from app.store.files import digest
from app.web.container import Container
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import add_radiologist, add_user
from tests.integration.web.conftest import SignIn

TEXT = {"indication": "Chute.", "technique": "", "findings": "Rien.", "conclusion": "Normal."}
PAGE = b"%PDF-1.7 a page"


@pytest.fixture
def container(container: Container, tmp_path: Path) -> Container:
    return replace(container, settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}))


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def call_as(
    reading: Reading, sign_in: SignIn, *, user_id: int | None, grant: RoleGrant
) -> httpx.AsyncClient:
    grant.user_id = user_id or 0
    reading.session.add(grant)
    user = await reading.session.get_one(User, user_id)
    return await sign_in(user)


async def call_as_reader(reading: Reading, sign_in: SignIn) -> httpx.AsyncClient:
    grant = RoleGrant(role=Role.RADIOLOGIST.value)
    return await call_as(reading, sign_in, user_id=reading.actor.user_id, grant=grant)


def url(reading: Reading, rest: str = "report") -> str:
    return f"/api/v1/cases/{reading.case_id}/{rest}"


async def sign(client: httpx.AsyncClient, reading: Reading) -> httpx.Response:
    draft = (await client.put(url(reading), json={**TEXT, "draft_number": 0})).json()
    body = {"draft_number": draft["draft_number"], "instance_count": 2}
    return await client.post(url(reading, "report/sign"), json=body)


@pytest.mark.asyncio
async def test_a_report_is_written_signed_and_added_to(reading: Reading, sign_in: SignIn) -> None:
    client = await call_as_reader(reading, sign_in)

    signed = await sign(client, reading)
    added = await client.post(
        url(reading, "report/addenda"), json={"version_number": 1, "text": "Ajout."}
    )
    shown = (await client.get(url(reading))).json()

    assert signed.json()["state"] == "signed"
    assert added.status_code == 201
    assert [each["conclusion"] for each in shown["versions"]] == ["Normal.", "Ajout."]
    assert [each["kind"] for each in shown["versions"]] == ["report", "addendum"]


@pytest.mark.asyncio
async def test_a_signature_puts_the_documents_into_the_outbox(
    reading: Reading, sign_in: SignIn, session: AsyncSession
) -> None:
    client = await call_as_reader(reading, sign_in)

    await sign(client, reading)

    kinds = list(await session.scalars(select(Delivery.kind)))
    assert kinds == ["report", "report"]


@pytest.mark.asyncio
async def test_the_second_of_two_tabs_is_told_who_saved(reading: Reading, sign_in: SignIn) -> None:
    client = await call_as_reader(reading, sign_in)
    await client.put(url(reading), json={**TEXT, "draft_number": 0})

    late = await client.put(url(reading), json={**TEXT, "draft_number": 0})

    assert late.status_code == 409
    assert late.json()["type"] == "urn:astreinte:problem:draft-changed"
    assert reading.actor.name in late.json()["detail"]


@pytest.mark.asyncio
async def test_signing_twice_is_a_conflict(reading: Reading, sign_in: SignIn) -> None:
    client = await call_as_reader(reading, sign_in)
    await sign(client, reading)

    body = {"draft_number": 1, "instance_count": 2}
    again = await client.post(url(reading, "report/sign"), json=body)

    assert again.status_code == 409


@pytest.mark.asyncio
async def test_another_radiologist_reads_along_but_does_not_write(
    reading: Reading, sign_in: SignIn
) -> None:
    _, other = await add_radiologist(reading.stage)
    grant = RoleGrant(role=Role.RADIOLOGIST.value)
    client = await call_as(reading, sign_in, user_id=other.user_id, grant=grant)

    saved = await client.put(url(reading), json={**TEXT, "draft_number": 0})

    assert saved.status_code == 409
    assert (await client.get(url(reading))).status_code == 200


@pytest.mark.asyncio
async def test_the_hospital_sees_what_is_signed_and_never_a_draft(
    reading: Reading, sign_in: SignIn
) -> None:
    writer = await call_as_reader(reading, sign_in)
    clerk = await add_user(reading.stage, role=Role.SITE)
    grant = RoleGrant(role=Role.SITE.value, site_id=reading.stage.site.id)
    client = await call_as(reading, sign_in, user_id=clerk.user_id, grant=grant)
    await writer.put(url(reading), json={**TEXT, "draft_number": 0})

    before: dict[str, Any] = (await client.get(url(reading))).json()
    case = (await client.get(f"/api/v1/cases/{reading.case_id}")).json()
    own = (await writer.get(f"/api/v1/cases/{reading.case_id}")).json()
    body = {"draft_number": 1, "instance_count": 2}
    await writer.post(url(reading, "report/sign"), json=body)
    after: dict[str, Any] = (await client.get(url(reading))).json()

    assert (before["draft"], before["versions"]) == (None, [])
    assert (case["versions"], len(own["versions"])) == ([], 1)
    assert [each["conclusion"] for each in after["versions"]] == ["Normal."]


@pytest.mark.asyncio
async def test_a_stranger_cannot_tell_that_the_case_exists(
    reading: Reading, sign_in: SignIn
) -> None:
    _, stranger = await add_radiologist(reading.stage, may_read=False)
    grant = RoleGrant(role=Role.RADIOLOGIST.value)
    client = await call_as(reading, sign_in, user_id=stranger.user_id, grant=grant)

    assert (await client.get(url(reading))).status_code == 404
    assert (await client.get(url(reading, "report/1/pdf"))).status_code == 404


@pytest.mark.asyncio
async def test_a_preliminary_result_is_noted(reading: Reading, sign_in: SignIn) -> None:
    client = await call_as_reader(reading, sign_in)
    body = {"text": "Pas de sang.", "told_to": "Dr Martin", "means": "telephone"}

    noted = await client.post(url(reading, "preliminary"), json=body)
    wrong = await client.post(url(reading, "preliminary"), json={**body, "means": "pigeon"})

    assert (noted.status_code, wrong.status_code) == (201, 422)


@pytest.mark.asyncio
async def test_the_page_is_downloaded_as_it_was_rendered(
    reading: Reading, sign_in: SignIn, session: AsyncSession, tmp_path: Path
) -> None:
    client = await call_as_reader(reading, sign_in)
    await sign(client, reading)
    early = await client.get(url(reading, "report/1/pdf"))
    (tmp_path / "page.pdf").write_bytes(PAGE)
    document = await session.scalar(select(Document).where(Document.form == Form.PDF.value))
    assert document is not None
    document.path, document.digest, document.rendered_at = (
        "page.pdf",
        digest([PAGE]),
        document.due_at,
    )
    await session.flush()

    page = await client.get(url(reading, "report/1/pdf"))
    (tmp_path / "page.pdf").write_bytes(b"changed")
    damaged = await client.get(url(reading, "report/1/pdf"))

    assert early.status_code == 404
    assert (page.status_code, page.content) == (200, PAGE)
    assert page.headers["content-type"] == "application/pdf"
    assert damaged.status_code == 409


@pytest.mark.asyncio
async def test_a_text_with_a_nul_is_refused(reading: Reading, sign_in: SignIn) -> None:
    client = await call_as_reader(reading, sign_in)

    saved = await client.put(url(reading), json={**TEXT, "conclusion": "a\0b", "draft_number": 0})

    assert saved.status_code == 422
