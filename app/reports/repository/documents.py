"""Queries on documents, and on all that their text is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.models import Case
from app.directory.models import Radiologist, RadiologistSociety, Site, Society
from app.intake.models import Instance, Series, Study
from app.kit.errors import NotFound
from app.kit.ids import draw_uid
from app.reports.domain.document import (
    DocumentUids,
    Form,
    InstanceReference,
    SeriesReference,
    Signer,
)
from app.reports.models import Document, ReportVersion

SOP_CLASSES = {
    Form.SR: "1.2.840.10008.5.1.4.1.1.88.11",
    Form.ENCAPSULATED_PDF: "1.2.840.10008.5.1.4.1.1.104.1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Where rendered bytes lie, relative to the data folder, and what they are."""

    path: str
    digest: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderTask:
    """One version for one study, whose documents are to be rendered."""

    version_id: int
    study_id: int


async def add_documents(
    session: AsyncSession, *, case_id: int, version_id: int, now: datetime
) -> None:
    """Draw the UIDs of a version's documents for each study, and ask for their bytes."""
    studies = await cases.list_studies(session, case_id)
    rows = [
        {
            "report_version_id": version_id,
            "study_id": study.id,
            "form": form.value,
            "sop_class_uid": SOP_CLASSES.get(form),
            "series_instance_uid": draw_uid() if form in SOP_CLASSES else None,
            "sop_instance_uid": draw_uid() if form in SOP_CLASSES else None,
            "due_at": now,
        }
        for study in studies
        for form in Form
    ]
    if rows:
        await session.execute(insert(Document), rows)


async def find_to_render(session: AsyncSession, *, now: datetime, limit: int) -> list[RenderTask]:
    """Find the versions and studies whose documents are due, the oldest first."""
    rows = await session.execute(
        select(Document.report_version_id, Document.study_id)
        .where(Document.rendered_at.is_(None), Document.due_at <= now)
        .group_by(Document.report_version_id, Document.study_id)
        .order_by(func.min(Document.due_at), func.min(Document.id))
        .limit(limit)
    )
    return [RenderTask(version_id=row[0], study_id=row[1]) for row in rows]


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a document is to be rendered."""
    return await session.scalar(
        select(func.min(Document.due_at)).where(Document.rendered_at.is_(None))
    )


async def keep_rendered(
    session: AsyncSession, task: RenderTask, *, files: Mapping[Form, StoredFile], now: datetime
) -> bool:
    """Keep where the bytes lie; tell whether this was the first to do so."""
    kept = 0
    for form, file in files.items():
        found = await session.scalar(
            update(Document)
            .where(
                Document.report_version_id == task.version_id,
                Document.study_id == task.study_id,
                Document.form == form.value,
                Document.rendered_at.is_(None),
            )
            .values(
                rendered_at=now,
                path=file.path,
                digest=file.digest,
                size_bytes=file.size_bytes,
                failure=None,
            )
            .returning(Document.id)
            .execution_options(synchronize_session=False)
        )
        kept += found is not None
    return kept == len(files)


async def postpone(
    session: AsyncSession, task: RenderTask, *, due_at: datetime, failure: str
) -> None:
    """Put documents off that could not be rendered, and keep why."""
    await session.execute(
        update(Document)
        .where(
            Document.report_version_id == task.version_id,
            Document.study_id == task.study_id,
            Document.rendered_at.is_(None),
        )
        .values(due_at=due_at, failure=failure)
        .execution_options(synchronize_session=False)
    )


async def get_page(
    session: AsyncSession, *, case_id: int, number: int, study_id: int | None = None
) -> Document:
    """Find the rendered PDF of a version, by default for the case's first study.

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
        .order_by(Document.id)
        .limit(1)
    )
    if study_id is not None:
        query = query.where(Document.study_id == study_id)
    found = await session.scalar(query)
    if found is None:
        raise NotFound(f"version {number} of the report of case {case_id} has no page yet")
    return found


async def list_uids(
    session: AsyncSession, *, case_id: int, study_id: int, up_to: int
) -> list[DocumentUids]:
    """List the UIDs of a case's documents for one study, by version, up to a number."""
    rows = await session.execute(
        select(
            ReportVersion.number,
            Document.form,
            Document.series_instance_uid,
            Document.sop_instance_uid,
        )
        .join(ReportVersion, ReportVersion.id == Document.report_version_id)
        .where(
            ReportVersion.case_id == case_id,
            ReportVersion.number <= up_to,
            Document.study_id == study_id,
            Document.form != Form.PDF.value,
        )
        .order_by(ReportVersion.number)
    )
    by_number: dict[int, dict[str, tuple[str, str]]] = {}
    for number, form, series_uid, instance_uid in rows:
        by_number.setdefault(number, {})[form] = (series_uid or "", instance_uid or "")
    return [
        DocumentUids(*forms[Form.SR.value], *forms[Form.ENCAPSULATED_PDF.value])
        for forms in by_number.values()
    ]


async def list_series(
    session: AsyncSession, *, study_id: int, until: datetime
) -> tuple[SeriesReference, ...]:
    """List what had arrived of a study by an instant, each SOP instance once."""
    rows = await session.execute(
        select(Series.series_instance_uid, Instance.sop_class_uid, Instance.sop_instance_uid)
        .join(Instance, Instance.series_id == Series.id)
        .where(Series.study_id == study_id, Instance.arrived_at <= until)
        .order_by(Series.id, Instance.id)
    )
    series: dict[str, dict[InstanceReference, None]] = {}
    for series_uid, class_uid, instance_uid in rows:
        reference = InstanceReference(class_uid, instance_uid)
        series.setdefault(series_uid, {})[reference] = None
    return tuple(SeriesReference(uid, tuple(instances)) for uid, instances in series.items())


async def get_signer(session: AsyncSession, radiologist_id: int) -> Signer:
    """Read a radiologist as a document names them."""
    row = (
        await session.execute(
            select(Radiologist.family_name, Radiologist.given_name, Radiologist.rpps).where(
                Radiologist.id == radiologist_id
            )
        )
    ).one()
    return Signer(family_name=row.family_name, given_name=row.given_name, rpps=row.rpps)


async def find_society_name(session: AsyncSession, *, radiologist_id: int, at: datetime) -> str:
    """Find the society of a radiologist on a day; "" when they had none."""
    name = await session.scalar(
        select(Society.name)
        .join(RadiologistSociety, RadiologistSociety.society_id == Society.id)
        .where(
            RadiologistSociety.radiologist_id == radiologist_id,
            RadiologistSociety.valid.contains(at.astimezone(UTC).date()),
        )
    )
    return name or ""


async def get_study_and_site(
    session: AsyncSession, *, case_id: int, study_id: int
) -> tuple[Study, Site]:
    """Read a study, and the site of its case."""
    row = (
        await session.execute(
            select(Study, Site)
            .select_from(Case)
            .join(Site, Site.id == Case.site_id)
            .join(Study, Study.id == study_id)
            .where(Case.id == case_id)
        )
    ).one()
    return row[0], row[1]
