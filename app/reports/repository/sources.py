"""Queries on what the text of a document is made of: study, identity, images, people, requests."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case, CaseRequest
from app.directory.models import Endpoint, Radiologist, RadiologistSociety, Site, Society
from app.intake.models import Instance, Series, Study, StudyAccession, StudyIdentity
from app.reports.domain.document import (
    AttachedFile,
    InstanceReference,
    SeriesReference,
    Signer,
)
from app.requests.models import RequestAttachment


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySource:
    """A study of a case, its site, and its attributes under the identity in force."""

    study: Study
    site: Site
    as_received: Mapping[str, Any]


async def get_source(session: AsyncSession, *, case_id: int, study_id: int) -> StudySource:
    """Read a study under the identity that the hospital confirmed last, and its case's site.

    A study that was never under another identity may have no row of it: then it is as its first
    image said.
    """
    study, site = (
        await session.execute(
            select(Study, Site)
            .select_from(Case)
            .join(Site, Site.id == Case.site_id)
            .join(Study, Study.id == study_id)
            .where(Case.id == case_id)
            .execution_options(populate_existing=True)
        )
    ).one()
    confirmed = await session.scalar(
        select(StudyIdentity.as_received).where(
            StudyIdentity.study_id == study_id, StudyIdentity.patient_id == study.patient_id
        )
    )
    return StudySource(study=study, site=site, as_received=confirmed or study.as_received)


async def list_accessions(session: AsyncSession, study: Study) -> list[str]:
    """List the accession numbers that a report of a study answers, each once, the first seen first.

    Images without one belong to those that have one; a study without any has the empty one.
    """
    rows = await session.scalars(
        select(StudyAccession.accession_number)
        .where(StudyAccession.study_id == study.id, StudyAccession.accession_number != "")
        .order_by(StudyAccession.first_seen_at, StudyAccession.accession_number)
    )
    return list(rows) or [study.accession_number]


async def list_forms(session: AsyncSession, case_id: int) -> frozenset[str]:
    """List the forms that the node of a case's site takes; none when it has no node."""
    forms = await session.scalar(
        select(Endpoint.forms)
        .join(Site, Site.endpoint_id == Endpoint.id)
        .join(Case, Case.site_id == Site.id)
        .where(Case.id == case_id)
    )
    return frozenset(forms or ())


async def list_requests(session: AsyncSession, *, case_id: int, until: datetime) -> list[int]:
    """List the requests that a case had by an instant, the first linked first."""
    rows = await session.scalars(
        select(CaseRequest.request_id)
        .where(
            CaseRequest.case_id == case_id,
            CaseRequest.linked_at <= until,
            CaseRequest.ended_at.is_(None) | (CaseRequest.ended_at > until),
        )
        .order_by(CaseRequest.id)
    )
    return list(rows)


async def list_attached(
    session: AsyncSession, request_ids: Collection[int], *, until: datetime
) -> tuple[AttachedFile, ...]:
    """List the files that had come with requests by an instant, in order."""
    rows = await session.scalars(
        select(RequestAttachment)
        .where(RequestAttachment.request_id.in_(request_ids), RequestAttachment.added_at <= until)
        .order_by(RequestAttachment.id)
    )
    return tuple(AttachedFile(row.name, row.media_type, row.path, row.digest) for row in rows)


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
