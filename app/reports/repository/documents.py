"""Queries on documents: what is to be rendered, what was, and under which UIDs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.intake.models import Study
from app.kit.errors import NotFound
from app.kit.ids import draw_uid
from app.reports.domain.document import DocumentUids, Form, Twin
from app.reports.domain.rendered import derive_page_uid
from app.reports.models import Document, ReportVersion
from app.reports.repository import sources

SOP_CLASSES = {
    Form.SR: "1.2.840.10008.5.1.4.1.1.88.11",
    Form.ENCAPSULATED_PDF: "1.2.840.10008.5.1.4.1.1.104.1",
    Form.SECONDARY_CAPTURE: "1.2.840.10008.5.1.4.1.1.7",
}
_EVERYWHERE = (Form.PDF, Form.SR, Form.ENCAPSULATED_PDF)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Where rendered bytes lie, relative to the data folder, and what they are."""

    form: Form
    page: int = 1
    path: str
    digest: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderTask:
    """One version for one study and accession number, whose documents are to be rendered.

    Attributes
    ----------
    issue
        From 1; the next one under an identity that was chosen late.
    """

    version_id: int
    study_id: int
    accession_number: str
    issue: int = 1


async def add_documents(
    session: AsyncSession, *, case_id: int, version_id: int, now: datetime
) -> int:
    """Draw the UIDs of a version's documents for each study and accession; ask for their bytes.

    Returns
    -------
    int
        Their issue: 1, or the one behind those that the version has already.
    """
    issue = await _find_next_issue(session, version_id)
    takes_pages = Form.SECONDARY_CAPTURE.value in await sources.list_forms(session, case_id)
    forms = (*_EVERYWHERE, Form.SECONDARY_CAPTURE) if takes_pages else _EVERYWHERE
    rows = [
        {
            "report_version_id": version_id,
            "study_id": study.id,
            "accession_number": accession_number,
            "issue": issue,
            "form": form.value,
            "sop_class_uid": SOP_CLASSES.get(form),
            "series_instance_uid": draw_uid() if form in SOP_CLASSES else None,
            "sop_instance_uid": draw_uid() if form in SOP_CLASSES else None,
            "due_at": now,
        }
        for study in await cases.list_studies(session, case_id)
        for accession_number in await sources.list_accessions(session, study)
        for form in forms
    ]
    if rows:
        await session.execute(insert(Document), rows)
    return issue


async def _find_next_issue(session: AsyncSession, version_id: int) -> int:
    last = await session.scalar(
        select(func.max(Document.issue)).where(Document.report_version_id == version_id)
    )
    return (last or 0) + 1


async def find_to_render(session: AsyncSession, *, now: datetime, limit: int) -> list[RenderTask]:
    """Find the versions and studies whose documents are due, the oldest first."""
    subject = (
        Document.report_version_id,
        Document.study_id,
        Document.accession_number,
        Document.issue,
    )
    rows = await session.execute(
        select(*subject)
        .where(Document.rendered_at.is_(None), Document.due_at <= now)
        .group_by(*subject)
        .order_by(func.min(Document.due_at), func.min(Document.id))
        .limit(limit)
    )
    return [
        RenderTask(version_id=row[0], study_id=row[1], accession_number=row[2], issue=row[3])
        for row in rows
    ]


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a document is to be rendered."""
    return await session.scalar(
        select(func.min(Document.due_at)).where(Document.rendered_at.is_(None))
    )


def _is_of(task: RenderTask) -> ColumnElement[bool]:
    return and_(
        Document.report_version_id == task.version_id,
        Document.study_id == task.study_id,
        Document.accession_number == task.accession_number,
        Document.issue == task.issue,
    )


async def keep_rendered(
    session: AsyncSession, task: RenderTask, *, files: Sequence[StoredFile], now: datetime
) -> tuple[int, ...] | None:
    """Keep where the bytes lie.

    Returns
    -------
    tuple of int or None
        The documents that were added for pages behind the first; nothing at all when another job
        was first.
    """
    planned = [file for file in files if file.page == 1]
    kept = [await _keep_planned(session, task, file=file, now=now) for file in planned]
    if not kept or None in kept:
        return None
    behind = [file for file in files if file.page > 1]
    if not behind:
        return ()
    return await _add_pages(session, task, files=behind, now=now)


async def _keep_planned(
    session: AsyncSession, task: RenderTask, *, file: StoredFile, now: datetime
) -> int | None:
    return await session.scalar(
        update(Document)
        .where(
            _is_of(task),
            Document.form == file.form.value,
            Document.page == 1,
            Document.rendered_at.is_(None),
        )
        .values(_describe(file, now=now) | {"failure": None})
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    )


async def _add_pages(
    session: AsyncSession, task: RenderTask, *, files: Iterable[StoredFile], now: datetime
) -> tuple[int, ...]:
    first = (
        await session.scalars(
            select(Document)
            .where(_is_of(task), Document.form == Form.SECONDARY_CAPTURE.value, Document.page == 1)
            .execution_options(populate_existing=True)
        )
    ).one()
    rows = [
        {
            "report_version_id": task.version_id,
            "study_id": task.study_id,
            "accession_number": task.accession_number,
            "issue": task.issue,
            "form": file.form.value,
            "page": file.page,
            "sop_class_uid": first.sop_class_uid,
            "series_instance_uid": first.series_instance_uid,
            "sop_instance_uid": derive_page_uid(first.sop_instance_uid or "", page=file.page),
            "due_at": first.due_at,
        }
        | _describe(file, now=now)
        for file in files
    ]
    added = await session.scalars(insert(Document).returning(Document.id), rows)
    return tuple(sorted(added))


def _describe(file: StoredFile, *, now: datetime) -> dict[str, object]:
    return {
        "rendered_at": now,
        "path": file.path,
        "digest": file.digest,
        "size_bytes": file.size_bytes,
    }


async def postpone(
    session: AsyncSession, task: RenderTask, *, due_at: datetime, failure: str
) -> None:
    """Put documents off that could not be rendered, and keep why."""
    await session.execute(
        update(Document)
        .where(_is_of(task), Document.rendered_at.is_(None))
        .values(due_at=due_at, failure=failure)
        .execution_options(synchronize_session=False)
    )


async def get_page(
    session: AsyncSession, *, case_id: int, number: int, study_id: int | None = None
) -> Document:
    """Find the rendered PDF of a version, the last issue, by default for the case's first study.

    Raises
    ------
    NotFound
        If there is none, or it is not rendered yet.
    """
    query = (
        select(Document)
        .join(ReportVersion, ReportVersion.id == Document.report_version_id)
        .where(
            ReportVersion.case_id == case_id,
            ReportVersion.number == number,
            Document.form == Form.PDF.value,
            Document.rendered_at.is_not(None),
        )
        .order_by(Document.issue.desc(), Document.id)
        .limit(1)
    )
    if study_id is not None:
        query = query.where(Document.study_id == study_id)
    found = await session.scalar(query)
    if found is None:
        raise NotFound(f"version {number} of the report of case {case_id} has no page yet")
    return found


async def list_uids(
    session: AsyncSession, task: RenderTask, *, case_id: int, up_to: int
) -> list[DocumentUids]:
    """List the UIDs of a case's documents for one study and accession number, oldest first.

    The last are the task's own; a version may have several issues.
    """
    rows = await session.scalars(
        select(Document)
        .join(ReportVersion, ReportVersion.id == Document.report_version_id)
        .where(
            ReportVersion.case_id == case_id,
            Document.study_id == task.study_id,
            Document.accession_number == task.accession_number,
            (ReportVersion.number < up_to)
            | ((ReportVersion.number == up_to) & (Document.issue <= task.issue)),
        )
        .order_by(ReportVersion.number, Document.issue, Document.page)
    )
    by_set: dict[tuple[int, int], list[Document]] = {}
    for row in rows:
        by_set.setdefault((row.report_version_id, row.issue), []).append(row)
    return [_read_uids(each) for each in by_set.values()]


async def list_twins(session: AsyncSession, task: RenderTask) -> tuple[Twin, ...]:
    """List the documents of the same version and issue for other studies and accession numbers."""
    rows = await session.execute(
        select(Document, Study.study_instance_uid)
        .join(Study, Study.id == Document.study_id)
        .where(
            Document.report_version_id == task.version_id,
            Document.issue == task.issue,
            (Document.study_id != task.study_id)
            | (Document.accession_number != task.accession_number),
        )
        .order_by(Document.study_id, Document.accession_number, Document.page, Document.id)
    )
    by_set: dict[tuple[str, str], list[Document]] = {}
    for row, study_uid in rows:
        by_set.setdefault((study_uid, row.accession_number), []).append(row)
    return tuple(Twin(study_uid, _read_uids(each)) for (study_uid, _), each in by_set.items())


def _read_uids(rows: Sequence[Document]) -> DocumentUids:
    """Read the UIDs of one set of documents; the picture's are those of its first page."""
    uids = {
        row.form: (row.series_instance_uid or "", row.sop_instance_uid or "")
        for row in rows
        if row.page == 1
    }
    return DocumentUids(
        *uids[Form.SR.value],
        *uids[Form.ENCAPSULATED_PDF.value],
        *uids.get(Form.SECONDARY_CAPTURE.value, ("", "")),
    )
