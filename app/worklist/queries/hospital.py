"""The night of one hospital: a fixed number of queries, however many cases it sent."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import OPEN_FOR_DELIVERY, OPEN_FOR_DISPATCH
from app.cases.models import Case, CaseRequest, CaseStudy
from app.directory.domain.actor import Scope
from app.directory.models import Radiologist, Site
from app.intake.models import Patient, Study
from app.reports.models import Document, Preliminary, ReportVersion
from app.requests.models import Request
from app.worklist.queries.rows import RADIOLOGIST_NAME
from app.worklist.queries.scoping import inside
from app.worklist.views.hospital import (
    HospitalCase,
    HospitalNight,
    HospitalRequest,
    HospitalSite,
    ReportPage,
    StudyReceived,
    ToldResult,
)

SHOWN_FOR: Final = timedelta(hours=24)
_OPEN: Final = sorted(state.value for state in OPEN_FOR_DISPATCH | OPEN_FOR_DELIVERY)
_STANDING: Final = ("requested", "validated", "substituted")


async def list_hospitals(session: AsyncSession, *, scope: Scope) -> tuple[HospitalSite, ...]:
    """List the hospitals inside a scope, by name."""
    query = select(Site).where(inside(scope), Site.disabled_at.is_(None)).order_by(Site.name)
    found = await session.scalars(query)
    return tuple(HospitalSite(site_id=site.id, name=site.name, zone=site.zone) for site in found)


async def load_night(session: AsyncSession, *, site_id: int, now: datetime) -> HospitalNight:
    """Read the cases and requests of a hospital: the open ones, and those of the last 24 hours.

    The caller checks the site, and logs the view.
    """
    since = now - SHOWN_FOR
    recent = or_(Case.state.in_(_OPEN), Case.created_at >= since, Case.state_at >= since)
    cases = await _load_cases(session, wanted=and_(Case.site_id == site_id, recent))
    return HospitalNight(
        cases=cases, requests=await list_site_requests(session, site_id=site_id, since=since)
    )


async def _load_cases(
    session: AsyncSession, *, wanted: ColumnElement[bool]
) -> tuple[HospitalCase, ...]:
    query = (
        select(Case, Patient, RADIOLOGIST_NAME, Radiologist.telephone)
        .join(Patient, Patient.id == Case.patient_id)
        .outerjoin(Radiologist, Radiologist.id == Case.reader_id)
        .where(wanted, Case.joined_into_id.is_(None))
        .order_by(Case.created_at.desc(), Case.id.desc())
    )
    rows = (await session.execute(query)).all()
    case_ids = [row[0].id for row in rows]
    studies = await _load_studies(session, case_ids=case_ids)
    told = await _load_told(session, case_ids=case_ids)
    pages = await _load_pages(session, case_ids=case_ids)
    with_request = await _find_with_request(session, case_ids=case_ids)
    return tuple(
        HospitalCase(
            case_id=case.id,
            priority=case.priority,
            state=case.state,
            state_at=case.state_at,
            state_reason=case.state_reason,
            patient_name=patient.patient_name,
            patient_birth_date=patient.patient_birth_date,
            patient_sex=patient.patient_sex,
            description=case.description,
            created_at=case.created_at,
            first_image_at=case.first_image_at,
            signed_due_at=case.signed_due_at,
            critical_at=case.critical_at,
            reader_name=reader or None,
            reader_telephone=telephone,
            has_request=case.id in with_request,
            studies=tuple(studies[case.id]),
            told=told.get(case.id),
            pages=tuple(pages[case.id]),
        )
        for case, patient, reader, telephone in rows
    )


async def _load_studies(
    session: AsyncSession, *, case_ids: Sequence[int]
) -> defaultdict[int, list[StudyReceived]]:
    # A voided case shows what it had: its links ended with it.
    query = (
        select(CaseStudy.case_id, Study)
        .join(Study, Study.id == CaseStudy.study_id)
        .join(Case, Case.id == CaseStudy.case_id)
        .where(
            CaseStudy.case_id.in_(case_ids),
            or_(CaseStudy.ended_at.is_(None), Case.state == "voided"),
        )
        .order_by(Study.first_image_at, Study.id)
    )
    by_case: defaultdict[int, list[StudyReceived]] = defaultdict(list)
    for case_id, study in await session.execute(query):
        by_case[case_id].append(
            StudyReceived(
                study_id=study.id,
                description=study.study_description,
                modalities=tuple(study.modalities),
                # Before the intake counted them apart, all were images.
                image_count=study.image_count or study.instance_count - study.paper_count,
                paper_count=study.paper_count,
                expected_count=study.expected_count,
                complete_at=study.complete_at,
                complete_reason=study.complete_reason,
                last_image_at=study.last_image_at,
            )
        )
    return by_case


async def _load_told(session: AsyncSession, *, case_ids: Sequence[int]) -> dict[int, ToldResult]:
    query = (
        select(Preliminary, RADIOLOGIST_NAME)
        .join(Radiologist, Radiologist.id == Preliminary.by_radiologist_id)
        .where(Preliminary.case_id.in_(case_ids))
        .order_by(Preliminary.at, Preliminary.id)
    )
    return {
        each.case_id: ToldResult(
            at=each.at, by_name=name, text=each.text, told_to=each.told_to, means=each.means
        )
        for each, name in await session.execute(query)
    }


async def _load_pages(
    session: AsyncSession, *, case_ids: Sequence[int]
) -> defaultdict[int, list[ReportPage]]:
    query = (
        select(ReportVersion, Study)
        .join(Document, Document.report_version_id == ReportVersion.id)
        .join(Study, Study.id == Document.study_id)
        .where(
            ReportVersion.case_id.in_(case_ids),
            Document.form == "pdf",
            Document.rendered_at.is_not(None),
        )
        .order_by(ReportVersion.number.desc(), Study.first_image_at, Study.id, Document.id)
    )
    by_case: defaultdict[int, list[ReportPage]] = defaultdict(list)
    for version, study in await session.execute(query):
        page = ReportPage(
            number=version.number,
            kind=version.kind,
            study_id=study.id,
            study=study.study_description,
            signed_at=version.signed_at or version.edited_at,
        )
        # One study may have one document for each of its accession numbers: the page is the same.
        if page not in by_case[version.case_id]:
            by_case[version.case_id].append(page)
    return by_case


async def _find_with_request(session: AsyncSession, *, case_ids: Sequence[int]) -> frozenset[int]:
    query = select(CaseRequest.case_id).where(CaseRequest.case_id.in_(case_ids))
    return frozenset(await session.scalars(query))


async def list_site_requests(
    session: AsyncSession, *, site_id: int, since: datetime
) -> tuple[HospitalRequest, ...]:
    """List the requests of a site that still wait, and those that ended since; the latest first.

    One whose images have come is shown as their case.
    """
    query = (
        select(Request, CaseRequest.case_id)
        .outerjoin(
            CaseRequest,
            and_(CaseRequest.request_id == Request.id, CaseRequest.ended_at.is_(None)),
        )
        .where(
            Request.site_id == site_id,
            or_(
                and_(Request.state.in_(_STANDING), Request.images_at.is_(None)),
                and_(Request.state.not_in(_STANDING), Request.state_at >= since),
            ),
        )
        .order_by(Request.requested_at.desc(), Request.id.desc())
    )
    return tuple(
        HospitalRequest(
            request_id=each.id,
            state=each.state,
            state_at=each.state_at,
            state_reason=each.state_reason,
            priority=each.priority,
            family_name=each.family_name,
            given_name=each.given_name,
            exam=each.exam,
            region=each.region,
            requested_at=each.requested_at,
            case_id=case_id,
            images_due_at=each.images_due_at,
        )
        for each, case_id in await session.execute(query)
    )
