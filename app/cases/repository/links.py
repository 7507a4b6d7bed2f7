"""What belongs to a case: its studies and its requests."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.cases.domain.grouping import Candidate, Member, PatientKey
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.models import Case, CaseRequest, CaseStudy
from app.db.arrays import keys_named
from app.directory.models import Domain, Sender
from app.intake.models import Patient, Study


def is_linked(link: type[CaseStudy] | type[CaseRequest]) -> ColumnElement[bool]:
    """Restrict a query on links, joined with `case`, to what the case has; a voided one keeps it.

    What was split off before, or came back to another case, is not the case's any more.
    """
    kept = and_(Case.state == CaseState.VOIDED.value, link.ended_at == Case.state_at)
    return or_(link.ended_at.is_(None), kept)


async def link_study(session: AsyncSession, *, case_id: int, study_id: int, now: datetime) -> None:
    """Put a study into a case; the database refuses it when it is in another one."""
    await session.execute(
        insert(CaseStudy)
        .values(case_id=case_id, study_id=study_id, linked_at=now)
        .on_conflict_do_update(
            constraint="uq_case_study_case_id_study_id", set_={"linked_at": now, "ended_at": None}
        )
    )


async def link_request(
    session: AsyncSession, *, case_id: int, request_id: int, now: datetime
) -> None:
    """Put a request into a case; the database refuses it when it is in another one."""
    await session.execute(
        insert(CaseRequest)
        .values(case_id=case_id, request_id=request_id, linked_at=now)
        .on_conflict_do_update(
            constraint="uq_case_request_case_id_request_id",
            set_={"linked_at": now, "ended_at": None},
        )
    )


async def end_links(
    session: AsyncSession,
    *,
    case_id: int,
    now: datetime,
    study_ids: Collection[int] | None = None,
    request_ids: Collection[int] | None = None,
) -> None:
    """Let go of some studies and requests of a case; of all where nothing is named."""
    studies = update(CaseStudy).where(CaseStudy.case_id == case_id, CaseStudy.ended_at.is_(None))
    if study_ids is not None:
        studies = studies.where(CaseStudy.study_id.in_(study_ids))
    await session.execute(studies.values(ended_at=now))
    requests = update(CaseRequest).where(
        CaseRequest.case_id == case_id, CaseRequest.ended_at.is_(None)
    )
    if request_ids is not None:
        requests = requests.where(CaseRequest.request_id.in_(request_ids))
    await session.execute(requests.values(ended_at=now))


async def find_case_of_study(session: AsyncSession, study_id: int) -> int | None:
    """Find the standing case of a study, or a voided one that nothing replaced.

    A study whose case was voided stays with it: late images of a voided case open no other one.
    """
    return await session.scalar(_CASE_OF_STUDY, {"study_id": study_id})


_OF_STUDY = bindparam("study_id", type_=BigInteger)
_CASE_OF_STUDY = (
    select(CaseStudy.case_id)
    .where(CaseStudy.study_id == _OF_STUDY)
    .order_by(CaseStudy.ended_at.desc().nulls_first(), CaseStudy.id.desc())
    .limit(1)
)
_STANDING_CASE = select(CaseStudy.case_id).where(
    CaseStudy.study_id == _OF_STUDY, CaseStudy.ended_at.is_(None)
)


async def find_standing_case_of_study(session: AsyncSession, study_id: int) -> int | None:
    """Find the case that a study is in now."""
    return await session.scalar(_STANDING_CASE, {"study_id": study_id})


async def find_case_of_request(session: AsyncSession, request_id: int) -> int | None:
    """Find the case that a request is in now."""
    return await session.scalar(
        select(CaseRequest.case_id).where(
            CaseRequest.request_id == request_id, CaseRequest.ended_at.is_(None)
        )
    )


async def list_studies(session: AsyncSession, case_id: int) -> Sequence[Study]:
    """List the studies of a case, in order of their first image; a voided case keeps its own."""
    rows = await session.scalars(
        select(Study)
        .join(CaseStudy, CaseStudy.study_id == Study.id)
        .join(Case, Case.id == CaseStudy.case_id)
        .where(CaseStudy.case_id == case_id, is_linked(CaseStudy))
        .order_by(Study.first_image_at, Study.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def list_request_ids(session: AsyncSession, case_id: int) -> Sequence[int]:
    """List the requests of a case, oldest link first; a voided case keeps its own."""
    return (await session.scalars(_REQUESTS, {"case_id": case_id})).all()


_REQUESTS = (
    select(CaseRequest.request_id)
    .join(Case, Case.id == CaseRequest.case_id)
    .where(CaseRequest.case_id == bindparam("case_id", type_=BigInteger), is_linked(CaseRequest))
    .order_by(CaseRequest.id)
)


async def find_domain_of_site(session: AsyncSession, site_id: int) -> int:
    """Find the domain in which a site's identifiers are unique: that of its first sender.

    A site that sends nothing yet gets a domain of its own.
    """
    found = await session.scalar(
        select(Sender.domain_id).where(Sender.site_id == site_id).order_by(Sender.id).limit(1)
    )
    if found is not None:
        return found
    name = f"requests of site {site_id}"
    await session.execute(insert(Domain).values(name=name).on_conflict_do_nothing())
    return (await session.scalars(select(Domain.id).where(Domain.name == name))).one()


async def list_members(session: AsyncSession, case_id: int) -> list[Member]:
    """Read what grouping needs to know of the studies of a case."""
    rows = await session.execute(
        select(Study, Patient)
        .join(Patient, Patient.id == Study.patient_id)
        .join(CaseStudy, CaseStudy.study_id == Study.id)
        .where(CaseStudy.case_id == case_id, CaseStudy.ended_at.is_(None))
    )
    return [make_member(study, patient) for study, patient in rows]


async def list_candidates(session: AsyncSession, study_ids: Sequence[int]) -> list[Candidate]:
    """List the unsigned cases that have a study under the same Patient ID as one of some studies.

    At the same site, and in the same domain.
    """
    case_ids = (await session.scalars(_ALIKE, {"study_ids": study_ids})).all()
    if not case_ids:
        return []
    rows = await session.execute(_CANDIDATES, {"case_ids": case_ids})
    members: defaultdict[tuple[int, int, str], list[Member]] = defaultdict(list)
    for case_id, site_id, state, row, patient in rows:
        members[case_id, site_id, state].append(make_member(row, patient))
    return [
        Candidate(case_id=case_id, site_id=site_id, state=CaseState(state), members=tuple(each))
        for (case_id, site_id, state), each in members.items()
    ]


def _select_alike() -> Select[int]:
    """Select the cases alone: with their studies, all cases there ever were would be read."""
    new, whose = aliased(Study), aliased(Patient)
    return (
        select(CaseStudy.case_id)
        .distinct()
        .join(Study, Study.id == CaseStudy.study_id)
        .join(Patient, Patient.id == Study.patient_id)
        .join(Case, Case.id == CaseStudy.case_id)
        .join(new, new.site_id == Case.site_id)
        .join(whose, whose.id == new.patient_id)
        .where(
            new.id == any_(keys_named("study_ids")),
            Case.state.in_(OPEN_FOR_DISPATCH),
            CaseStudy.ended_at.is_(None),
            Patient.domain_id == whose.domain_id,
            _fold(Patient.patient_id) == _fold(whose.patient_id),
        )
    )


def _fold(identifier: InstrumentedAttribute[str]) -> ColumnElement[str]:
    return func.lower(func.btrim(identifier))


_ALIKE = _select_alike()
_CANDIDATES = (
    select(Case.id, Case.site_id, Case.state, Study, Patient)
    .join(CaseStudy, CaseStudy.case_id == Case.id)
    .join(Study, Study.id == CaseStudy.study_id)
    .join(Patient, Patient.id == Study.patient_id)
    .where(Case.id == any_(keys_named("case_ids")), CaseStudy.ended_at.is_(None))
)


def make_member(study: Study, patient: Patient) -> Member:
    """Say of a study and its patient what grouping needs to know."""
    return Member(
        site_id=study.site_id,
        patient=PatientKey(
            domain_id=patient.domain_id,
            patient_id=patient.patient_id,
            issuer_of_patient_id=patient.issuer_of_patient_id,
            patient_name=patient.patient_name,
            patient_birth_date=patient.patient_birth_date,
        ),
        first_image_at=study.first_image_at,
        last_image_at=study.last_image_at,
        is_identity_open=study.identity_open,
    )
