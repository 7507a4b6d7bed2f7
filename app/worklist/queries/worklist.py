"""The worklist: four queries, however many rows there are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import OPEN_FOR_DELIVERY, OPEN_FOR_DISPATCH, CaseState
from app.cases.models import Case, CaseRequest, CaseStudy
from app.delivery.models import Delivery
from app.directory.domain.actor import Scope
from app.directory.models import Endpoint, Radiologist, Site
from app.dispatch.models import Nomination
from app.intake.models import Patient, Study
from app.worklist.queries.scoping import inside, is_asked
from app.worklist.views.worklist import ImagesAtCentre, Nominee, StudyMarks, Worklist, WorklistRow

RADIOLOGIST_NAME = func.concat_ws(" ", Radiologist.given_name, Radiologist.family_name)


async def load_worklist(
    session: AsyncSession,
    *,
    scope: Scope,
    now: datetime,
    site_id: int | None = None,
    radiologist_id: int | None = None,
) -> Worklist:
    """Read the cases inside a scope that wait for a reader, a signature or a delivery.

    Parameters
    ----------
    scope
        How far the caller may read the worklist.
    now
        The instant that the answer states; the rows do not depend on it.
    site_id
        Only this site's, if it is inside the scope.
    radiologist_id
        Also what this radiologist is asked to read, outside the scope too.
    """
    visible = inside(scope)
    if radiologist_id is not None and not scope.everything:
        visible = or_(visible, is_asked(radiologist_id))
    wanted = and_(or_(_is_one_of(OPEN_FOR_DISPATCH), _is_one_of(OPEN_FOR_DELIVERY)), visible)
    if site_id is not None:
        wanted = and_(wanted, Case.site_id == site_id)
    query = _select_rows().where(wanted)
    query = query.order_by(Case.signed_due_at.nulls_last(), Case.priority, Case.id)
    found = (await session.execute(query)).all()
    rows = await _make_rows(session, found)
    to_deliver = [row for row in rows if row.state == CaseState.SIGNED]
    return Worklist(
        at=now,
        to_read=tuple(row for row in rows if row.state in OPEN_FOR_DISPATCH),
        to_deliver=tuple(sorted(to_deliver, key=lambda row: (row.state_at, row.case_id))),
    )


async def load_row(session: AsyncSession, *, case_id: int) -> WorklistRow | None:
    """Read one case as a row of the worklist, whatever its state; the caller checks the scope."""
    found = (await session.execute(_select_rows().where(Case.id == case_id))).all()
    rows = await _make_rows(session, found)
    return rows[0] if rows else None


def _select_rows() -> Select[Case, str, Patient, str]:
    return (
        select(Case, Site.name, Patient, RADIOLOGIST_NAME.label("reader_name"))
        .join(Site, Site.id == Case.site_id)
        .join(Patient, Patient.id == Case.patient_id)
        .outerjoin(Radiologist, Radiologist.id == Case.reader_id)
    )


def _is_one_of(states: frozenset[CaseState]) -> ColumnElement[bool]:
    # The states stand in the statement itself: a partial index is only used when its condition
    # can be proved, which a parameter of a prepared statement may prevent.
    names = sorted(state.value for state in states)
    return Case.state.in_(bindparam(None, names, expanding=True, literal_execute=True))


async def _make_rows(
    session: AsyncSession, found: Sequence[Row[Case, str, Patient, str]]
) -> list[WorklistRow]:
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
        )
        for case, site_name, patient, reader_name in found
    ]


async def _load_marks(session: AsyncSession, *, case_ids: Sequence[int]) -> dict[int, StudyMarks]:
    asked_for = exists().where(CaseRequest.case_id == Case.id, CaseRequest.ended_at.is_(None))
    query = (
        select(
            Case.id,
            func.count(Study.id),
            func.coalesce(func.bool_or(Study.identity_open), false()),
            func.coalesce(func.bool_or(Study.site_to_confirm), false()),
            asked_for,
        )
        .outerjoin(CaseStudy, and_(CaseStudy.case_id == Case.id, CaseStudy.ended_at.is_(None)))
        .outerjoin(Study, Study.id == CaseStudy.study_id)
        .where(Case.id.in_(case_ids))
        .group_by(Case.id)
    )
    return {
        case_id: StudyMarks(
            study_count=count,
            identity_open=identity_open,
            site_to_confirm=to_confirm,
            has_request=has_request,
        )
        for case_id, count, identity_open, to_confirm, has_request in await session.execute(query)
    }


async def load_nominees(
    session: AsyncSession, *, case_ids: Sequence[int]
) -> dict[int, tuple[Nominee, ...]]:
    """Read who is asked now, by case, in the order in which they were asked."""
    query = (
        select(
            Nomination.case_id,
            Nomination.radiologist_id,
            RADIOLOGIST_NAME,
            Nomination.acknowledged_at.is_not(None),
        )
        .join(Radiologist, Radiologist.id == Nomination.radiologist_id)
        .where(Nomination.case_id.in_(case_ids), Nomination.ended_at.is_(None))
        .order_by(Nomination.nominated_at, Nomination.id)
    )
    by_case: defaultdict[int, list[Nominee]] = defaultdict(list)
    for case_id, radiologist_id, name, acknowledged in await session.execute(query):
        by_case[case_id].append(
            Nominee(radiologist_id=radiologist_id, name=name, acknowledged=acknowledged)
        )
    return {case_id: tuple(nominees) for case_id, nominees in by_case.items()}


async def _load_deliveries(
    session: AsyncSession, *, case_ids: Sequence[int]
) -> tuple[dict[int, tuple[ImagesAtCentre, ...]], frozenset[int]]:
    query = (
        select(
            Delivery.case_id,
            Delivery.kind,
            Endpoint.name,
            func.sum(Delivery.sent_count),
            func.sum(func.coalesce(Study.instance_count, 0)),
            func.bool_or(Delivery.state == "dead"),
        )
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .outerjoin(Study, Study.id == Delivery.study_id)
        .where(Delivery.case_id.in_(case_ids), Delivery.state != "cancelled")
        .group_by(Delivery.case_id, Delivery.kind, Endpoint.id)
        .order_by(Delivery.case_id, Endpoint.name, Endpoint.id)
    )
    images: defaultdict[int, list[ImagesAtCentre]] = defaultdict(list)
    dead_reports = set()
    for case_id, kind, centre, sent, total, is_dead in await session.execute(query):
        if kind == "images":
            images[case_id].append(
                ImagesAtCentre(centre=centre, sent=int(sent), total=int(total), dead=is_dead)
            )
        elif kind == "report" and is_dead:
            dead_reports.add(case_id)
    return {case_id: tuple(each) for case_id, each in images.items()}, frozenset(dead_reports)
