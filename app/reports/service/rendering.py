"""Use cases of the documents: what is to be rendered, from what, and where the bytes lie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import AppError
from app.reports.domain.chain import read_chain
from app.reports.domain.document import (
    AddendumText,
    AttachedFile,
    Chapters,
    DocumentKind,
    Language,
    ReceivedStudy,
    ReportDocument,
    Withdrawal,
)
from app.reports.domain.received import read_received
from app.reports.events import DocumentsRendered
from app.reports.models import ReportVersion
from app.reports.repository import documents, sources, versions
from app.reports.repository.documents import RenderTask, StoredFile
from app.reports.repository.sources import StudySource
from app.reports.service.writing import read_chapters
from app.requests.domain.states import RequestState
from app.requests.domain.summary import RequestSummary
from app.requests.service import load_summaries
from app.store.files import read_back

_log = structlog.get_logger(__name__)
RENDER_AGAIN_AFTER = timedelta(minutes=1)
_NOT_SHOWN = frozenset({RequestState.DRAFT, RequestState.REFUSED, RequestState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What the signed versions say, up to one of them."""

    chapters: Chapters
    addenda: tuple[AddendumText, ...] = ()
    withdrawal: Withdrawal | None = None


async def load_document(session: AsyncSession, task: RenderTask) -> ReportDocument:
    """Gather all that the documents of one version for one study and accession number say.

    It is what was true at the signature: later images, versions and names change nothing. Patient
    and study alone are as the hospital confirmed them last. The content of attachments is read by
    `read_attachments`, outside the transaction.
    """
    version = await versions.get_version(session, task.version_id)
    source = await sources.get_source(session, case_id=version.case_id, study_id=task.study_id)
    signed_at, signed_by = signature_of(version)
    *earlier, uids = await documents.list_uids(
        session, task, case_id=version.case_id, up_to=version.number
    )
    text = await _read_text(session, version)
    requests = await _list_requests(session, version.case_id, until=signed_at)
    return ReportDocument(
        study=await _read_study(session, task, source=source, until=signed_at),
        kind=DocumentKind(version.kind),
        version=version.number,
        language=Language(source.site.language),
        time_zone=source.site.zone,
        site=source.site.name,
        society=await sources.find_society_name(session, radiologist_id=signed_by, at=signed_at),
        signer=await sources.get_signer(session, signed_by),
        signed_at=signed_at,
        chapters=text.chapters,
        uids=uids,
        addenda=text.addenda,
        withdrawal=text.withdrawal,
        predecessors=tuple(earlier),
        twins=await documents.list_twins(session, task),
        requests=requests,
        attachments=await sources.list_attached(
            session, [each.request_id for each in requests], until=signed_at
        ),
    )


async def _read_study(
    session: AsyncSession, task: RenderTask, *, source: StudySource, until: datetime
) -> ReceivedStudy:
    study = source.study
    received = read_received(
        source.as_received,
        study_instance_uid=study.study_instance_uid,
        series=await sources.list_series(session, study_id=study.id, until=until),
    )
    return replace(
        received,
        accession_number=task.accession_number,
        station_name=received.station_name or study.station_name,
        institution_name=received.institution_name or study.institution_name,
    )


async def _list_requests(
    session: AsyncSession, case_id: int, *, until: datetime
) -> tuple[RequestSummary, ...]:
    """Summarise the requests that the report answers, but none that was refused or cancelled."""
    request_ids = await sources.list_requests(session, case_id=case_id, until=until)
    summaries = await load_summaries(session, request_ids)
    return tuple(each for each in summaries if each.state not in _NOT_SHOWN)


async def _read_text(session: AsyncSession, version: ReportVersion) -> _Text:
    """Read what the versions up to one say; a withdrawal repeats nothing of what it withdraws."""
    signed = [
        each
        for each in await versions.list_signed(session, version.case_id)
        if each.number <= version.number
    ]
    chain = read_chain([DocumentKind(each.kind) for each in signed])
    report = signed[chain.report]
    if chain.is_withdrawn:
        return _Text(
            chapters=Chapters(),
            withdrawal=Withdrawal(
                reason=version.conclusion, version=report.number, **await _sign(session, report)
            ),
        )
    return _Text(
        chapters=read_chapters(report),
        addenda=tuple(
            [
                AddendumText(text=signed[index].conclusion, **await _sign(session, signed[index]))
                for index in chain.addenda
            ]
        ),
    )


async def _sign(session: AsyncSession, version: ReportVersion) -> dict[str, Any]:
    """Say who signed a version, and when."""
    signed_at, signed_by = signature_of(version)
    return {"signer": await sources.get_signer(session, signed_by), "signed_at": signed_at}


def read_attachments(document: ReportDocument, *, data_dir: Path) -> ReportDocument:
    """Read the content of a document's attachments; one that is lost or changed stays empty.

    It reads files: call it in a thread.
    """
    files = tuple(_read_attachment(each, data_dir=data_dir) for each in document.attachments)
    return replace(document, attachments=files)


def _read_attachment(file: AttachedFile, *, data_dir: Path) -> AttachedFile:
    try:
        content = read_back(data_dir / file.path, expected_digest=file.digest)
    except (AppError, OSError) as error:
        _log.warning("attachment_not_read", path=file.path, error=type(error).__name__)
        return file
    return replace(file, content=content)


def signature_of(version: ReportVersion) -> tuple[datetime, int]:
    """Return when a version was signed and by which radiologist.

    Raises
    ------
    ValueError
        If it is a draft.
    """
    if version.signed_at is None or version.signed_by is None:
        raise ValueError(f"report version {version.id} is not signed: it has no documents")
    return version.signed_at, version.signed_by


async def keep_rendered(
    session: AsyncSession, task: RenderTask, *, files: Sequence[StoredFile], now: datetime
) -> DocumentsRendered | None:
    """Keep where the rendered bytes lie.

    Returns
    -------
    DocumentsRendered or None
        Nothing when another job was first: its bytes count, these may be removed.
    """
    added = await documents.keep_rendered(session, task, files=files, now=now)
    if added is None:
        return None
    version = await versions.get_version(session, task.version_id)
    return DocumentsRendered(
        case_id=version.case_id,
        version_id=task.version_id,
        study_id=task.study_id,
        added_document_ids=added,
    )


async def put_off(session: AsyncSession, task: RenderTask, *, failure: str, now: datetime) -> None:
    """Try documents again in a minute that could not be rendered."""
    await documents.postpone(session, task, due_at=now + RENDER_AGAIN_AFTER, failure=failure)
