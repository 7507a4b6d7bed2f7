"""Renders the documents of signed reports, once, and keeps their bytes."""

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.kit.ids import draw_arrival_id
from app.reports import service as reports
from app.reports.domain.document import Form
from app.reports.domain.rendered import RenderedDocuments, RenderedFile
from app.reports.service import RenderTask, StoredFile
from app.store.files import digest, make_folder, remove, write_durably
from app.store.layout import Layout
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_BATCH = 20
_SUFFIXES = {
    Form.PDF: ".pdf",
    Form.ENCAPSULATED_PDF: ".pdf.dcm",
    Form.SR: ".sr.dcm",
    Form.SECONDARY_CAPTURE: ".page.dcm",
}


async def run(bench: Bench) -> None:
    """Render all that is due; a document that cannot be rendered waits, the others go on."""
    while tasks := await bench.transact(_find):
        for task in tasks:
            await _render_or_put_off(bench, task)


async def _find(session: AsyncSession, now: datetime) -> list[RenderTask]:
    return await reports.find_to_render(session, now=now, limit=_BATCH)


async def _render_or_put_off(bench: Bench, task: RenderTask) -> None:
    try:
        await render(bench, task)
    except Exception as error:  # noqa: BLE001 - an edge: one bad document must not stop the others
        failure = type(error).__name__
        _log.warning("document_not_rendered", version=task.version_id, error=failure)
        await bench.transact(
            lambda session, now: reports.put_off(session, task, failure=failure, now=now)
        )


async def render(bench: Bench, task: RenderTask) -> None:
    """Render one version for one study, outside any transaction, and keep the bytes.

    When another scheduler was first, its bytes count and these are removed.
    """
    document = await bench.transact(lambda session, _: reports.load_document(session, task))
    whole = await asyncio.to_thread(reports.read_attachments, document, data_dir=bench.data_dir)
    rendered = await asyncio.to_thread(bench.renderer.render, whole)
    layout = Layout(bench.data_dir)
    files = await asyncio.to_thread(_write, layout, rendered)

    async def keep(session: AsyncSession, now: datetime) -> bool:
        event = await reports.keep_rendered(session, task, files=files, now=now)
        if event is not None:
            await pipeline.documents_rendered(session, event, now=now)
        return event is not None

    if await bench.transact(keep):
        _log.info("documents_rendered", version=task.version_id, study=task.study_id)
    else:
        await asyncio.to_thread(remove, [bench.data_dir / file.path for file in files])


def _write(layout: Layout, rendered: RenderedDocuments) -> list[StoredFile]:
    return [_write_file(layout, each) for each in rendered.list_files()]


def _write_file(layout: Layout, file: RenderedFile) -> StoredFile:
    path = layout.document_path(draw_arrival_id(), suffix=_SUFFIXES[file.form])
    make_folder(path.parent)
    write_durably(path, chunks=[file.content])
    return StoredFile(
        form=file.form,
        page=file.page,
        path=layout.relative(path),
        digest=digest([file.content]),
        size_bytes=len(file.content),
    )


JOB = Job(name="documents", run=run, find_next_due=reports.find_next_due)
