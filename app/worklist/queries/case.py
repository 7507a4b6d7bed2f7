"""The page of a case: a fixed number of queries, whatever it has gone through."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case, CaseEvent, CaseStudy
from app.directory.models import Domain, Radiologist, Site, User
from app.dispatch.models import Decision
from app.intake.models import Patient, Series, Study
from app.reports.models import Preliminary, ReportVersion
from app.worklist.queries.rows import RADIOLOGIST_NAME
from app.worklist.queries.scoping import is_asked
from app.worklist.queries.worklist import load_row
from app.worklist.views.case import (
    CaseSheet,
    DecisionView,
    EventView,
    Identity,
    PreliminaryView,
    SeriesView,
    SiteView,
    StudyView,
    VersionView,
)


async def load_case_sheet(session: AsyncSession, *, case_id: int) -> CaseSheet | None:
    """Read a case with everything that belongs to it; the caller checks the scope and logs it."""
    row = await load_row(session, case_id=case_id)
    if row is None:
        return None
    query = (
        select(Case, Site, Patient, Domain.name, Radiologist.telephone, User.display_name)
        .join(Site, Site.id == Case.site_id)
        .join(Patient, Patient.id == Case.patient_id)
        .join(Domain, Domain.id == Patient.domain_id)
        .outerjoin(Radiologist, Radiologist.id == Case.reader_id)
        .outerjoin(User, User.id == Case.state_by)
        .where(Case.id == case_id)
    )
    case, site, patient, domain, telephone, moved_by = (await session.execute(query)).one()
    return CaseSheet(
        row=row,
        site=_view_site(site),
        patient=_view_patient(patient, domain),
        priority_reason=case.priority_reason,
        state_by_name=moved_by,
        state_reason=case.state_reason,
        complete_at=case.complete_at,
        reader_telephone=telephone,
        studies=await _load_studies(session, case_id=case_id),
        timeline=await _load_timeline(session, case_id=case_id),
        decisions=await _load_decisions(session, case_id=case_id),
        preliminaries=await _load_preliminaries(session, case_id=case_id),
        versions=await _load_versions(session, case_id=case_id),
    )


async def find_case_place(session: AsyncSession, *, case_id: int) -> tuple[int, int] | None:
    """Find the site of a case and that site's referent society: what permissions are judged by."""
    query = (
        select(Site.id, Site.society_id)
        .join(Case, Case.site_id == Site.id)
        .where(Case.id == case_id)
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else (found[0], found[1])


async def is_asked_to_read(session: AsyncSession, *, case_id: int, radiologist_id: int) -> bool:
    """Tell whether this radiologist is asked to read the case now, or is its reader."""
    query = select(Case.id).where(Case.id == case_id, is_asked(radiologist_id))
    return await session.scalar(query) is not None


def _view_site(site: Site) -> SiteView:
    return SiteView(
        site_id=site.id,
        society_id=site.society_id,
        name=site.name,
        zone=site.zone,
        telephone_emergency=site.telephone_emergency,
        telephone_ct=site.telephone_ct,
    )


def _view_patient(patient: Patient, domain: str) -> Identity:
    return Identity(
        patient_name=patient.patient_name,
        patient_birth_date=patient.patient_birth_date,
        patient_sex=patient.patient_sex,
        patient_id=patient.patient_id,
        issuer_of_patient_id=patient.issuer_of_patient_id,
        domain_name=domain,
    )


async def _load_studies(session: AsyncSession, *, case_id: int) -> tuple[StudyView, ...]:
    query = (
        select(Study)
        .join(CaseStudy, CaseStudy.study_id == Study.id)
        .join(Case, Case.id == CaseStudy.case_id)
        .where(
            CaseStudy.case_id == case_id,
            # What was set aside shows what it had; what was split off stands elsewhere.
            or_(CaseStudy.ended_at.is_(None), Case.state == "voided"),
        )
        .order_by(Study.first_image_at, Study.id)
    )
    studies = (await session.scalars(query)).all()
    series = await _load_series(session, study_ids=[study.id for study in studies])
    return tuple(
        StudyView(
            study_id=study.id,
            study_instance_uid=study.study_instance_uid,
            study_date=study.study_date,
            study_time=study.study_time,
            study_description=study.study_description,
            modalities=tuple(study.modalities),
            accession_number=study.accession_number,
            referring_physician_name=study.referring_physician_name,
            station_name=study.station_name,
            institution_name=study.institution_name,
            first_image_at=study.first_image_at,
            last_image_at=study.last_image_at,
            instance_count=study.instance_count,
            conflict_count=study.conflict_count,
            complete_at=study.complete_at,
            complete_reason=study.complete_reason,
            series=tuple(series[study.id]),
        )
        for study in studies
    )


async def _load_series(
    session: AsyncSession, *, study_ids: list[int]
) -> defaultdict[int, list[SeriesView]]:
    # Numbers come as text, and as anything: "2" must stand before "10".
    number = func.substring(Series.series_number, r"^\s*(\d{1,9})").cast(Case.id.type)
    query = (
        select(Series)
        .where(Series.study_id.in_(study_ids))
        .order_by(number.nulls_last(), Series.series_number, Series.id)
    )
    by_study: defaultdict[int, list[SeriesView]] = defaultdict(list)
    for each in await session.scalars(query):
        by_study[each.study_id].append(
            SeriesView(
                modality=each.modality,
                series_number=each.series_number,
                series_description=each.series_description,
                body_part_examined=each.body_part_examined,
                instance_count=each.instance_count,
            )
        )
    return by_study


async def _load_timeline(session: AsyncSession, *, case_id: int) -> tuple[EventView, ...]:
    query = (
        select(CaseEvent, User.display_name)
        .outerjoin(User, User.id == CaseEvent.by_user_id)
        .where(CaseEvent.case_id == case_id)
        .order_by(CaseEvent.at, CaseEvent.id)
    )
    return tuple(
        EventView(
            at=event.at,
            kind=event.kind,
            by_name=by_name,
            state_from=event.state_from,
            state_to=event.state_to,
            reason=event.reason,
            detail=event.detail,
        )
        for event, by_name in await session.execute(query)
    )


async def _load_decisions(session: AsyncSession, *, case_id: int) -> tuple[DecisionView, ...]:
    query = select(Decision).where(Decision.case_id == case_id).order_by(Decision.id.desc())
    return tuple(
        DecisionView(
            at=each.at,
            cause=each.cause,
            rule_version=each.rule_version,
            inputs=each.inputs,
            ranking=each.ranking,
            exclusions=each.exclusions,
            next_deadline=each.next_deadline,
        )
        for each in await session.scalars(query)
    )


async def _load_preliminaries(
    session: AsyncSession, *, case_id: int
) -> tuple[PreliminaryView, ...]:
    query = (
        select(Preliminary, RADIOLOGIST_NAME)
        .join(Radiologist, Radiologist.id == Preliminary.by_radiologist_id)
        .where(Preliminary.case_id == case_id)
        .order_by(Preliminary.at, Preliminary.id)
    )
    return tuple(
        PreliminaryView(
            at=each.at, by_name=name, text=each.text, told_to=each.told_to, means=each.means
        )
        for each, name in await session.execute(query)
    )


async def _load_versions(session: AsyncSession, *, case_id: int) -> tuple[VersionView, ...]:
    editor: Any = aliased(User)
    query = (
        select(ReportVersion, editor.display_name, RADIOLOGIST_NAME)
        .join(editor, editor.id == ReportVersion.edited_by)
        .outerjoin(Radiologist, Radiologist.id == ReportVersion.signed_by)
        .where(ReportVersion.case_id == case_id)
        .order_by(ReportVersion.number)
    )
    return tuple(
        VersionView(
            version_id=each.id,
            number=each.number,
            kind=each.kind,
            indication=each.indication,
            technique=each.technique,
            dose=each.dose,
            findings=each.findings,
            conclusion=each.conclusion,
            draft_number=each.draft_number,
            edited_at=each.edited_at,
            edited_by_name=edited_by,
            signed_at=each.signed_at,
            signed_by_name=(signed_by or None) if each.signed_at else None,
        )
        for each, edited_by, signed_by in await session.execute(query)
    )


async def load_radiologist_names(
    session: AsyncSession, *, radiologist_ids: Collection[int]
) -> dict[int, str]:
    """Read the names of radiologists, whatever society they belong to."""
    query = select(Radiologist.id, RADIOLOGIST_NAME).where(Radiologist.id.in_(radiologist_ids))
    rows = await session.execute(query)
    return {row[0]: row[1] for row in rows}
