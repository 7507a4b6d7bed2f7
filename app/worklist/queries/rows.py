"""Rows of the worklist: four queries, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    any_,
    exists,
    false,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.domain.countdown import find_countdown
from app.cases.models import Case, CaseRequest, CaseStudy
from app.db.arrays import keys_named
from app.delivery.models import CasePrior, Delivery
from app.directory.models import Endpoint, Radiologist, Site
from app.dispatch.models import Claim, Nomination
from app.intake.models import Patient, Study
from app.worklist.views.worklist import (
    ClaimWatched,
    ImagesAtCentre,
    Nominee,
    StudyMarks,
    WasWith,
    WorklistRow,
)

RADIOLOGIST_NAME = func.concat_ws(" ", Radiologist.given_name, Radiologist.family_name)

Stamp = tuple[int, str]
"""A case's version, and the transaction that wrote it: one undone leaves its number free."""
WRITTEN_BY: ColumnElement[str] = literal_column('"case".xmin::text')
_CASE_IDS = keys_named("case_ids")


def _select_rows() -> Select[Case, str, Patient, str, Claim | None, str, str]:
    before = aliased(Radiologist)
    was_with = func.concat_ws(" ", before.given_name, before.family_name)
    return (
        select(
            Case,
            Site.name,
            Patient,
            RADIOLOGIST_NAME.label("reader_name"),
            Claim,
            was_with,
            WRITTEN_BY.label("written_by"),
        )
        .join(Site, Site.id == Case.site_id)
        .join(Patient, Patient.id == Case.patient_id)
        .outerjoin(Radiologist, Radiologist.id == Case.reader_id)
        .outerjoin(Claim, and_(Claim.case_id == Case.id, Claim.ended_at.is_(None)))
        .outerjoin(before, before.id == Case.was_with_id)
        .where(Case.id == any_(_CASE_IDS))
        .execution_options(populate_existing=True)
    )


ROWS = _select_rows()
"""What `read_rows` runs, or this restricted further."""


async def read_rows(
    session: AsyncSession,
    case_ids: Collection[int],
    *,
    query: Select[Case, str, Patient, str, Claim | None, str, str] = ROWS,
) -> list[tuple[Stamp, WorklistRow]]:
    """Read the rows of cases.

    What stands beside a case is read after the case: it may be newer than the stamp says, and is
    never older.

    Parameters
    ----------
    query
        `ROWS`, perhaps restricted by conditions on `case`, its site or its patient.
    """
    found = (await session.execute(query, {"case_ids": list(case_ids)})).all()
    rows = await _make_rows(session, found)
    return [((each[0].version, each[-1]), row) for each, row in zip(found, rows, strict=True)]


_Found = Row[Case, str, Patient, str, Claim | None, str, str]


async def _make_rows(session: AsyncSession, found: Sequence[_Found]) -> list[WorklistRow]:
    case_ids = [row[0].id for row in found]
    nominees = await load_nominees(session, case_ids=case_ids)
    images, dead_reports = await _load_deliveries(session, case_ids=case_ids)
    marks = await _load_marks(session, case_ids=case_ids)
    return [
        WorklistRow(
            case_id=case.id,
            version=case.version,
            priority=case.priority,
            state=case.state,
            state_at=case.state_at,
            site_id=case.site_id,
            site_name=site_name,
            patient_name=patient.patient_name,
            patient_birth_date=patient.patient_birth_date,
            patient_sex=patient.patient_sex,
            description=case.description,
            first_image_at=case.first_image_at,
            signed_due_at=case.signed_due_at,
            slack_ends_at=_find_slack_end(case),
            instance_count=case.instance_count,
            seen_count=case.seen_count,
            complete=case.complete_at is not None,
            complete_reason=case.complete_reason,
            preliminary_at=case.preliminary_at,
            reader_id=case.reader_id,
            reader_name=reader_name or None,
            nominees=nominees.get(case.id, ()),
            images=images.get(case.id, ()),
            report_dead=case.id in dead_reports,
            critical=case.critical_at is not None,
            marks=marks.get(case.id, StudyMarks()),
            claim=_view_claim(claim),
            was_with=_view_holder(case, was_with),
        )
        for case, site_name, patient, reader_name, claim, was_with, _ in found
    ]


def _find_slack_end(case: Case) -> datetime | None:
    countdown = find_countdown(
        first_image_at=case.first_image_at,
        signed_due_at=case.signed_due_at,
        expected_read=timedelta(seconds=case.expected_read_s),
    )
    return None if countdown is None else countdown.slack_ends_at


def _view_claim(claim: Claim | None) -> ClaimWatched | None:
    if claim is None:
        return None
    return ClaimWatched(stage=claim.stage, paused_until=claim.paused_until)


def _view_holder(case: Case, name: str) -> WasWith | None:
    if case.was_with_id is None or case.was_with_since is None or case.reader_id is not None:
        return None
    return WasWith(radiologist_id=case.was_with_id, name=name, since=case.was_with_since)


_HAS_REQUEST = exists().where(CaseRequest.case_id == Case.id, CaseRequest.ended_at.is_(None))
_MARKS = (
    select(
        Case.id,
        func.count(Study.id),
        func.coalesce(func.bool_or(Study.identity_open), false()),
        func.coalesce(func.bool_or(Study.site_to_confirm), false()),
        _HAS_REQUEST,
    )
    .outerjoin(CaseStudy, and_(CaseStudy.case_id == Case.id, CaseStudy.ended_at.is_(None)))
    .outerjoin(Study, Study.id == CaseStudy.study_id)
    .where(Case.id == any_(_CASE_IDS))
    .group_by(Case.id)
)


async def _load_marks(session: AsyncSession, *, case_ids: Sequence[int]) -> dict[int, StudyMarks]:
    found = await session.execute(_MARKS, {"case_ids": case_ids})
    return {
        case_id: StudyMarks(
            study_count=count,
            identity_open=identity_open,
            site_to_confirm=to_confirm,
            has_request=has_request,
        )
        for case_id, count, identity_open, to_confirm, has_request in found
    }


_NOMINEES = (
    select(
        Nomination.case_id,
        Nomination.radiologist_id,
        RADIOLOGIST_NAME,
        Nomination.acknowledged_at.is_not(None),
    )
    .join(Radiologist, Radiologist.id == Nomination.radiologist_id)
    .where(Nomination.case_id == any_(_CASE_IDS), Nomination.ended_at.is_(None))
    .order_by(Nomination.nominated_at, Nomination.id)
)


async def load_nominees(
    session: AsyncSession, *, case_ids: Sequence[int]
) -> dict[int, tuple[Nominee, ...]]:
    """Read who is asked now, by case, in the order in which they were asked."""
    by_case: defaultdict[int, list[Nominee]] = defaultdict(list)
    found = await session.execute(_NOMINEES, {"case_ids": case_ids})
    for case_id, radiologist_id, name, acknowledged in found:
        by_case[case_id].append(
            Nominee(radiologist_id=radiologist_id, name=name, acknowledged=acknowledged)
        )
    return {case_id: tuple(nominees) for case_id, nominees in by_case.items()}


def _count_priors(*, arrived: bool) -> ScalarSelect[int]:
    """Count the priors of a case that go to its node, or those of them that are there."""
    sent = aliased(Delivery)
    state = sent.state == "delivered" if arrived else sent.state != "cancelled"
    return (
        select(func.count())
        .select_from(CasePrior)
        .join(sent, sent.study_id == CasePrior.study_id)
        .where(CasePrior.case_id == Delivery.case_id, sent.endpoint_id == Endpoint.id, state)
        .correlate(Delivery, Endpoint)
        .scalar_subquery()
    )


_DELIVERIES = (
    select(
        Delivery.case_id,
        Delivery.kind,
        Endpoint.name,
        func.sum(Delivery.sent_count).label("sent"),
        func.sum(func.coalesce(Study.instance_count, 0)).label("total"),
        func.bool_or(Delivery.state == "dead").label("is_dead"),
        _count_priors(arrived=True).label("priors_arrived"),
        _count_priors(arrived=False).label("prior_total"),
    )
    .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    .outerjoin(Study, Study.id == Delivery.study_id)
    .where(
        Delivery.case_id == any_(_CASE_IDS),
        Delivery.state != "cancelled",
        Delivery.is_prior.is_(False),
    )
    .group_by(Delivery.case_id, Delivery.kind, Endpoint.id)
    .order_by(Delivery.case_id, Endpoint.name, Endpoint.id)
)


async def _load_deliveries(
    session: AsyncSession, *, case_ids: Sequence[int]
) -> tuple[dict[int, tuple[ImagesAtCentre, ...]], frozenset[int]]:
    images: defaultdict[int, list[ImagesAtCentre]] = defaultdict(list)
    dead_reports = set()
    for row in await session.execute(_DELIVERIES, {"case_ids": case_ids}):
        if row.kind == "images":
            images[row.case_id].append(_view_images(row))
        elif row.kind == "report" and row.is_dead:
            dead_reports.add(row.case_id)
    return {case_id: tuple(each) for case_id, each in images.items()}, frozenset(dead_reports)


def _view_images(row: Row[int | None, str, str, int, int, bool, int, int]) -> ImagesAtCentre:
    return ImagesAtCentre(
        centre=row.name,
        sent=int(row.sent),
        total=int(row.total),
        dead=row.is_dead,
        priors_arrived=row.priors_arrived,
        prior_total=row.prior_total,
    )
