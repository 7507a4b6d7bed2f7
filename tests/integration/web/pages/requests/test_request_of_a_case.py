"""A request and the case that answers it: typed during a call, seen by whoever reads it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.models import CaseRequest
from app.directory.models import RadiologistSite
from app.requests.models import Request
from tests.factories.asking import Asking
from tests.factories.directory import add_site
from tests.factories.files import make_pdf
from tests.factories.flow import offer_case, open_case
from tests.factories.requests import CONTENT
from tests.factories.stage import NIGHT
from tests.integration.web.pages.conftest import Browse, Browser
from tests.integration.web.pages.requests.forms import TYPED, read_value, send, submit


async def list_requests(session: AsyncSession, case_id: int) -> list[int]:
    query = select(CaseRequest.request_id).where(
        CaseRequest.case_id == case_id, CaseRequest.ended_at.is_(None)
    )
    return list(await session.scalars(query))


@pytest.mark.asyncio
@pytest.mark.parametrize("protocol", ["", "Sans injection"])
async def test_a_reader_types_the_request_of_a_case_during_a_call(
    asking: Asking, reader: Browser, session: AsyncSession, protocol: str
) -> None:
    case_id = await open_case(asking.stage)
    form = await reader.get(f"/requests/new?case_id={case_id}")
    assert read_value(form, "family_name") == "DUPONT"
    assert read_value(form, "birth_date") == "1950-01-01"
    typed = TYPED | {
        "site_id": str(asking.stage.site.id),
        "case_id": str(case_id),
        "protocol": protocol,
    }

    answer = await send(reader, "/requests", typed)

    assert answer.headers["location"] == f"/cases/{case_id}"
    (request_id,) = await list_requests(session, case_id)
    request = await session.get_one(Request, request_id, populate_existing=True)
    assert request.state == ("validated" if protocol else "requested")
    assert request.images_at is not None
    assert request.images_due_at is None
    page = await reader.get(f"/cases/{case_id}")
    assert "Hémorragie ?" in page.text
    assert protocol in page.text


@pytest.mark.asyncio
async def test_a_request_is_not_typed_for_a_case_of_another_site(
    asking: Asking, reader: Browser, session: AsyncSession
) -> None:
    case_id = await open_case(asking.stage)
    elsewhere = await add_site(session, society_id=asking.stage.society.id)
    since = Range(date(2020, 1, 1), None)
    session.add(
        RadiologistSite(radiologist_id=asking.radiologist.id, site_id=elsewhere.id, valid=since)
    )
    await session.flush()
    typed = TYPED | {"site_id": str(elsewhere.id), "case_id": str(case_id)}

    answer = await send(reader, "/requests", typed)

    assert answer.status_code == 422
    assert await list_requests(session, case_id) == []
    assert list(await session.scalars(select(Request.id))) == []


@pytest.mark.asyncio
async def test_the_validated_request_stands_beside_the_images_with_its_files(
    asking: Asking, hospital: Browser, reader: Browser
) -> None:
    request_id = await submit(
        asking, hospital, question="<b>Fracture ?</b>", accession_number="A-5"
    )
    await send(hospital, f"/requests/{request_id}/attachments", {}, file=("a.pdf", make_pdf()))
    await asking.decide(request_id)
    (case_id,) = await asking.session.scalars(
        select(CaseRequest.case_id).where(CaseRequest.request_id == request_id)
    )

    page = await reader.get(f"/cases/{case_id}")

    assert "&lt;b&gt;Fracture ?&lt;/b&gt;" in page.text
    assert "Sans injection, 1 mm" in page.text
    assert "a.pdf" in page.text


@pytest.mark.asyncio
async def test_who_is_asked_to_read_a_case_beyond_their_sites_sees_its_request_and_no_other(
    session: AsyncSession, browse: Browse, asking: Asking
) -> None:
    stage, radiologist = asking.stage, asking.radiologist
    elsewhere = await add_site(session, society_id=stage.society.id)
    await session.execute(
        update(RadiologistSite)
        .where(RadiologistSite.radiologist_id == radiologist.id)
        .values(site_id=elsewhere.id)
    )
    other_id = await asking.submit(replace(CONTENT, accession_number="B-1"))
    request_id = await asking.submit()
    case_id = await open_case(stage)
    await pipeline.join_request(
        session, case_id, request_id=request_id, reason="x", actor=asking.hospital, now=NIGHT
    )
    browser = await browse(asking.reader)
    before = await browser.get(f"/requests/{request_id}")

    await offer_case(stage, case_id, at=NIGHT + timedelta(hours=1))
    after = await browser.get(f"/requests/{request_id}")

    assert (before.status_code, after.status_code) == (404, 200)
    assert 'id="decision"' not in after.text
    assert (await browser.get(f"/requests/{other_id}")).status_code == 404


@pytest.mark.asyncio
async def test_who_is_asked_to_read_a_case_beyond_their_sites_types_its_request_and_no_other(
    session: AsyncSession, browse: Browse, asking: Asking
) -> None:
    stage, radiologist = asking.stage, asking.radiologist
    elsewhere = await add_site(session, society_id=stage.society.id)
    await session.execute(
        update(RadiologistSite)
        .where(RadiologistSite.radiologist_id == radiologist.id)
        .values(site_id=elsewhere.id)
    )
    case_id, other_id = await open_case(stage), await open_case(stage)
    await offer_case(stage, case_id, at=NIGHT + timedelta(hours=1))
    browser = await browse(asking.reader)
    typed = TYPED | {"site_id": str(stage.site.id), "protocol": "Sans injection"}

    form = await browser.get(f"/requests/new?case_id={case_id}")
    sent = await send(browser, "/requests", typed | {"case_id": str(case_id)})
    for_another = await send(browser, "/requests", typed | {"case_id": str(other_id), "key": "b"})
    for_none = await send(browser, "/requests", typed | {"key": "c"})

    assert stage.site.name in form.text
    assert sent.headers["location"] == f"/cases/{case_id}"
    assert len(await list_requests(session, case_id)) == 1
    assert (for_another.status_code, for_none.status_code) == (404, 403)
