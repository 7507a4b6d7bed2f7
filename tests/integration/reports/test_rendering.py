"""Documents are made of what was true at the signature, and kept once."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of
from app.kit.errors import NotFound
from app.reports import service as reports
from app.reports.domain.document import DocumentKind, Form, Language
from app.reports.models import Document
from app.reports.repository import documents
from app.reports.service import RenderTask, StoredFile
from tests.factories.reading import TEXT, Reading, add_instances, open_reading
from tests.factories.stage import NIGHT

LATER = NIGHT + timedelta(minutes=10)
PLANNED = (Form.PDF, Form.SR, Form.ENCAPSULATED_PDF)
FILES = [
    StoredFile(form=form, path=f"documents/{form}", digest=b"d", size_bytes=1) for form in PLANNED
]


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def find_task(reading: Reading) -> RenderTask:
    (task,) = await reports.find_to_render(reading.session, now=LATER, limit=10)
    return task


@pytest.mark.asyncio
async def test_a_document_says_what_the_case_says(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)

    document = await reports.load_document(reading.session, await find_task(reading))

    assert document.study.study_instance_uid == reading.study.study_instance_uid
    assert document.study.patient_name == "DUPONT^JEANNE"
    assert document.study.character_set == "ISO_IR 100"
    assert [len(series.instances) for series in document.study.series] == [2]
    assert (document.kind, document.version) == (DocumentKind.REPORT, 1)
    assert (document.language, document.time_zone) == (Language.FRENCH, "Europe/Paris")
    assert (document.site, document.society) == (
        reading.stage.site.name,
        reading.stage.society.name,
    )
    assert document.signer.rpps == reading.radiologist.rpps
    assert (document.signed_at, document.chapters) == (LATER, TEXT)


@pytest.mark.asyncio
async def test_what_comes_after_the_signature_changes_no_document(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    task = await find_task(reading)
    before = await reports.load_document(reading.session, task)

    await add_instances(reading.session, reading.study, count=1, at=LATER + timedelta(minutes=1))
    await reports.write_addendum(
        reading.session,
        case_id=reading.case_id,
        base=1,
        text="Ajout.",
        actor=reading.actor,
        now=LATER + timedelta(minutes=2),
    )

    assert await reports.load_document(reading.session, task) == before


@pytest.mark.asyncio
async def test_an_addendum_carries_the_report_and_names_its_documents(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    first_task = await find_task(reading)
    first = await reports.load_document(reading.session, first_task)
    added = await reports.write_addendum(
        reading.session,
        case_id=reading.case_id,
        base=1,
        text="Ajout.",
        actor=reading.actor,
        now=LATER,
    )

    task = replace(first_task, version_id=added.version_id)
    second = await reports.load_document(reading.session, task)

    assert (second.kind, second.version) == (DocumentKind.ADDENDUM, 2)
    assert (second.chapters, second.addenda[0].text) == (TEXT, "Ajout.")
    assert second.predecessors == (first.uids,)
    assert second.uids != first.uids


@pytest.mark.asyncio
async def test_rendered_documents_are_kept_once(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    task = await find_task(reading)

    first = await reports.keep_rendered(reading.session, task, files=FILES, now=LATER)
    other = [StoredFile(form=form, path="other", digest=b"x", size_bytes=2) for form in PLANNED]
    second = await reports.keep_rendered(reading.session, task, files=other, now=LATER)

    paths = set(await reading.session.scalars(select(Document.path)))
    assert first is not None
    assert second is None
    assert paths == {file.path for file in FILES}
    assert await reports.find_to_render(reading.session, now=LATER, limit=10) == []
    assert await reports.find_next_due(reading.session) is None


@pytest.mark.asyncio
async def test_the_database_refuses_any_change_of_a_rendered_document(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await reports.keep_rendered(reading.session, await find_task(reading), files=FILES, now=LATER)

    with pytest.raises(DBAPIError) as refused:
        await reading.session.execute(update(Document).values(path="elsewhere"))

    assert constraint_of(refused.value) == "tr_document_rendered_is_immutable"


@pytest.mark.asyncio
async def test_a_document_that_cannot_be_rendered_waits_and_says_why(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)

    await reports.put_off(
        reading.session, await find_task(reading), failure="TypstError", now=LATER
    )

    assert await reports.find_to_render(reading.session, now=LATER, limit=10) == []
    assert await reports.find_next_due(reading.session) == LATER + timedelta(minutes=1)
    assert set(await reading.session.scalars(select(Document.failure))) == {"TypstError"}


@pytest.mark.asyncio
async def test_the_page_of_a_version_is_found_once_it_is_rendered(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    with pytest.raises(NotFound):
        await documents.get_page(reading.session, case_id=reading.case_id, number=1)

    await reports.keep_rendered(reading.session, await find_task(reading), files=FILES, now=LATER)

    page = await documents.get_page(reading.session, case_id=reading.case_id, number=1)
    assert page.path == "documents/pdf"
