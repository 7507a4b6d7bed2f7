"""Use cases of the documents: what is to be rendered, from what, and where the bytes lie."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.reports.domain.document import (
    AddendumText,
    DocumentKind,
    Form,
    Language,
    ReportDocument,
)
from app.reports.domain.received import read_received
from app.reports.events import DocumentsRendered
from app.reports.models import ReportVersion
from app.reports.repository import documents, versions
from app.reports.repository.documents import RenderTask, StoredFile
from app.reports.service.writing import read_chapters

RENDER_AGAIN_AFTER = timedelta(minutes=1)


async def load_document(session: AsyncSession, task: RenderTask) -> ReportDocument:
    """Gather all that the documents of one version for one study say.

    It is what was true at the signature: later images, versions and names change nothing.
    """
    version = await versions.get_version(session, task.version_id)
    signed = [
        each
        for each in await versions.list_signed(session, version.case_id)
        if each.number <= version.number
    ]
    study, site = await documents.get_study_and_site(
        session, case_id=version.case_id, study_id=task.study_id
    )
    signed_at, signed_by = signature_of(version)
    *earlier, uids = await documents.list_uids(
        session, case_id=version.case_id, study_id=task.study_id, up_to=version.number
    )
    series = await documents.list_series(session, study_id=study.id, until=signed_at)
    return ReportDocument(
        study=read_received(
            study.as_received, study_instance_uid=study.study_instance_uid, series=series
        ),
        kind=DocumentKind(version.kind),
        version=version.number,
        language=Language(site.language),
        time_zone=site.zone,
        site=site.name,
        society=await documents.find_society_name(session, radiologist_id=signed_by, at=signed_at),
        signer=await documents.get_signer(session, signed_by),
        signed_at=signed_at,
        chapters=read_chapters(signed[0]),
        uids=uids,
        addenda=tuple([await _read_addendum(session, each) for each in signed[1:]]),
        predecessors=tuple(earlier),
    )


async def _read_addendum(session: AsyncSession, version: ReportVersion) -> AddendumText:
    signed_at, signed_by = signature_of(version)
    signer = await documents.get_signer(session, signed_by)
    return AddendumText(text=version.conclusion, signer=signer, signed_at=signed_at)


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
    session: AsyncSession, task: RenderTask, *, files: Mapping[Form, StoredFile], now: datetime
) -> DocumentsRendered | None:
    """Keep where the rendered bytes lie.

    Returns
    -------
    DocumentsRendered or None
        Nothing when another job was first: its bytes count, these may be removed.
    """
    if not await documents.keep_rendered(session, task, files=files, now=now):
        return None
    version = await versions.get_version(session, task.version_id)
    return DocumentsRendered(
        case_id=version.case_id, version_id=task.version_id, study_id=task.study_id
    )


async def put_off(session: AsyncSession, task: RenderTask, *, failure: str, now: datetime) -> None:
    """Try documents again in a minute that could not be rendered."""
    await documents.postpone(session, task, due_at=now + RENDER_AGAIN_AFTER, failure=failure)
