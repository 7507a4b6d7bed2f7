"""What is so of a case beside its images and its report; a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy import case as when
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.grouping import PatientKey, names_somebody
from app.cases.domain.states import OPEN_FOR_DISPATCH
from app.cases.models import Case, CaseRequest, CaseStudy
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import Domain, Radiologist, User
from app.directory.service.settings_history import read_value
from app.intake.models import (
    IdentityChoice,
    Instance,
    Patient,
    Series,
    Study,
    StudyAccession,
    StudyIdentity,
)
from app.reports.models import Call, CriticalFinding
from app.tasks.models import Task
from app.worklist.queries.rows import RADIOLOGIST_NAME
from app.worklist.views.case import Identity
from app.worklist.views.case_facts import (
    CallView,
    CaseFacts,
    CriticalView,
    IdentitySeen,
    JoinCandidate,
    PaperView,
    StudyFacts,
)


async def load_case_facts(session: AsyncSession, *, case_id: int) -> CaseFacts:
    """Read the facts of a case that is there; the caller checks the scope and logs the view."""
    query = (
        select(Case, RADIOLOGIST_NAME)
        .outerjoin(Radiologist, Radiologist.id == Case.owner_id)
        .where(Case.id == case_id)
    )
    case, owner = (await session.execute(query)).one()
    taken, split = await _list_relatives(session, case_id=case_id)
    requests = select(CaseRequest.request_id).where(CaseRequest.case_id == case_id)
    request_ids = await session.scalars(
        requests.where(CaseRequest.ended_at.is_(None)).order_by(CaseRequest.request_id)
    )
    return CaseFacts(
        owner_name=owner or None,
        critical_at=case.critical_at,
        joined_into_id=case.joined_into_id,
        split_from_id=case.split_from_id,
        taken_over_ids=taken,
        split_off_ids=split,
        request_ids=tuple(request_ids),
        studies=await _load_studies(session, case_id=case_id),
        criticals=await _load_criticals(session, case_id=case_id),
        calls=await _load_calls(session, case_id=case_id),
    )


async def _list_relatives(
    session: AsyncSession, *, case_id: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    query = (
        select(Case.id, Case.joined_into_id)
        .where(or_(Case.joined_into_id == case_id, Case.split_from_id == case_id))
        .order_by(Case.id)
    )
    rows = (await session.execute(query)).all()
    taken = tuple(each for each, into in rows if into == case_id)
    return taken, tuple(each for each, into in rows if into != case_id)


async def _load_studies(session: AsyncSession, *, case_id: int) -> tuple[StudyFacts, ...]:
    query = (
        select(Study)
        .join(CaseStudy, CaseStudy.study_id == Study.id)
        .where(CaseStudy.case_id == case_id, CaseStudy.ended_at.is_(None))
        .order_by(Study.first_image_at, Study.id)
    )
    studies = (await session.scalars(query)).all()
    ids = [study.id for study in studies]
    accessions = await _load_accessions(session, study_ids=ids)
    papers = await _load_papers(session, study_ids=ids)
    identities = await _load_identities(session, study_ids=ids)
    choices = await _load_choices(session, study_ids=ids)
    return tuple(
        StudyFacts(
            study_id=study.id,
            description=study.study_description,
            modalities=tuple(study.modalities),
            image_count=study.instance_count - study.paper_count,
            expected_count=study.expected_count,
            accessions=tuple(accessions[study.id])
            or ((study.accession_number,) if study.accession_number else ()),
            papers=tuple(papers[study.id]),
            site_to_confirm=study.site_to_confirm,
            site_reason=study.site_reason,
            unknown_calling=study.unknown_calling,
            identity_open=study.identity_open,
            identities=tuple(identities[study.id]),
            last_choice_id=choices.get(study.id),
        )
        for study in studies
    )


async def _load_accessions(
    session: AsyncSession, *, study_ids: Sequence[int]
) -> defaultdict[int, list[str]]:
    query = (
        select(StudyAccession)
        .where(StudyAccession.study_id.in_(study_ids), StudyAccession.accession_number != "")
        .order_by(StudyAccession.first_seen_at, StudyAccession.accession_number)
    )
    by_study: defaultdict[int, list[str]] = defaultdict(list)
    for each in await session.scalars(query):
        by_study[each.study_id].append(each.accession_number)
    return by_study


async def _load_papers(
    session: AsyncSession, *, study_ids: Sequence[int]
) -> defaultdict[int, list[PaperView]]:
    query = (
        select(Series.study_id, Series.modality, Series.series_description, func.count())
        .join(Instance, Instance.series_id == Series.id)
        .where(Series.study_id.in_(study_ids), Instance.paper)
        .group_by(Series.study_id, Series.modality, Series.series_description)
        .order_by(Series.modality, Series.series_description)
    )
    by_study: defaultdict[int, list[PaperView]] = defaultdict(list)
    for study_id, modality, description, count in await session.execute(query):
        by_study[study_id].append(
            PaperView(modality=modality, description=description, count=count)
        )
    return by_study


async def _load_identities(
    session: AsyncSession, *, study_ids: Sequence[int]
) -> defaultdict[int, list[IdentitySeen]]:
    query = (
        select(StudyIdentity, Patient, Domain.name, Study.patient_id == Patient.id)
        .join(Patient, Patient.id == StudyIdentity.patient_id)
        .join(Domain, Domain.id == Patient.domain_id)
        .join(Study, Study.id == StudyIdentity.study_id)
        .where(StudyIdentity.study_id.in_(study_ids))
        .order_by(StudyIdentity.first_seen_at, StudyIdentity.id)
    )
    by_study: defaultdict[int, list[IdentitySeen]] = defaultdict(list)
    for seen, patient, domain, in_force in await session.execute(query):
        by_study[seen.study_id].append(
            IdentitySeen(
                patient_key=patient.id,
                identity=_view_patient(patient, domain),
                first_seen_at=seen.first_seen_at,
                last_seen_at=seen.last_seen_at,
                instance_count=seen.instance_count,
                is_correction=seen.is_correction,
                is_in_force=in_force,
            )
        )
    return by_study


async def _load_choices(session: AsyncSession, *, study_ids: Sequence[int]) -> dict[int, int]:
    query = (
        select(IdentityChoice.study_id, func.max(IdentityChoice.id))
        .where(IdentityChoice.study_id.in_(study_ids))
        .group_by(IdentityChoice.study_id)
    )
    rows = await session.execute(query)
    return {row[0]: row[1] for row in rows}


def _view_patient(patient: Patient, domain: str) -> Identity:
    return Identity(
        patient_name=patient.patient_name,
        patient_birth_date=patient.patient_birth_date,
        patient_sex=patient.patient_sex,
        patient_id=patient.patient_id,
        issuer_of_patient_id=patient.issuer_of_patient_id,
        domain_name=domain,
    )


async def _load_criticals(session: AsyncSession, *, case_id: int) -> tuple[CriticalView, ...]:
    query = (
        select(CriticalFinding, RADIOLOGIST_NAME, Task.settled_at)
        .join(Radiologist, Radiologist.id == CriticalFinding.noted_by)
        .join(Task, Task.id == CriticalFinding.task_id)
        .where(CriticalFinding.case_id == case_id)
        .order_by(CriticalFinding.noted_at, CriticalFinding.id)
    )
    return tuple(
        CriticalView(
            task_id=each.task_id,
            noted_at=each.noted_at,
            by_name=name,
            text=each.text,
            confirmed_at=settled_at,
        )
        for each, name, settled_at in await session.execute(query)
    )


async def _load_calls(session: AsyncSession, *, case_id: int) -> tuple[CallView, ...]:
    query = (
        select(Call, User.display_name)
        .join(User, User.id == Call.by_user_id)
        .where(Call.case_id == case_id)
        .order_by(Call.at.desc(), Call.id.desc())
    )
    return tuple(
        CallView(
            at=each.at,
            by_name=name,
            number=each.number,
            outcome=each.outcome,
            told_to=each.told_to,
            read_back=each.read_back,
            note=each.note,
        )
        for each, name in await session.execute(query)
    )


def _is_same_patient(own: Patient, *, dummies: Sequence[str]) -> ColumnElement[int]:
    """Give 1 for the same patient ID, or the same name and birth date; else 0.

    Two unknown patients of one crash share all that a console puts in: they are never the same.
    """
    key = PatientKey(
        domain_id=own.domain_id,
        patient_id=own.patient_id,
        issuer_of_patient_id=own.issuer_of_patient_id,
        patient_name=own.patient_name,
        patient_birth_date=own.patient_birth_date,
    )
    if not names_somebody(key, dummies=dummies):
        return literal(0)
    same_id = Patient.patient_id == own.patient_id
    same_person = and_(
        Patient.patient_name == own.patient_name,
        Patient.patient_birth_date == own.patient_birth_date,
    )
    return when((or_(same_id, same_person), 1), else_=0)


async def list_join_candidates(session: AsyncSession, *, case_id: int) -> tuple[JoinCandidate, ...]:
    """List the other open cases of the same site: the same patient's first, then the latest."""
    query = (
        select(Case.site_id, Patient)
        .join(Patient, Patient.id == Case.patient_id)
        .where(Case.id == case_id)
    )
    site_id, own = (await session.execute(query)).one()
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
    same = _is_same_patient(own, dummies=dummies)
    others = (
        select(Case, Patient, RADIOLOGIST_NAME, same.label("same"))
        .join(Patient, Patient.id == Case.patient_id)
        .outerjoin(Radiologist, Radiologist.id == Case.reader_id)
        .where(
            Case.site_id == site_id,
            Case.id != case_id,
            Case.state.in_(sorted(state.value for state in OPEN_FOR_DISPATCH)),
        )
        .order_by(same.desc(), Case.created_at.desc(), Case.id.desc())
    )
    return tuple(
        JoinCandidate(
            case_id=other.id,
            priority=other.priority,
            state=other.state,
            patient_name=patient.patient_name,
            patient_birth_date=patient.patient_birth_date,
            patient_sex=patient.patient_sex,
            patient_id=patient.patient_id,
            description=other.description,
            instance_count=other.instance_count,
            created_at=other.created_at,
            reader_name=reader or None,
            same_patient=bool(is_same),
        )
        for other, patient, reader, is_same in await session.execute(others)
    )
