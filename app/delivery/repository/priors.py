"""Queries on the earlier studies of a patient that go to the reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    all_,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.grouping import PatientKey
from app.cases.domain.states import OPEN_FOR_DISPATCH
from app.cases.models import Case, CaseStudy
from app.db.arrays import list_of_keys
from app.delivery.domain.priors import Prior
from app.delivery.models import CasePrior
from app.dispatch.domain.exams import find_kind
from app.intake.domain.classes import IntakeClass
from app.intake.models import Instance, Patient, Series, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOfCase:
    """A study of a case, and whose images it has."""

    study_id: int
    site_id: int
    """Of the case."""
    identity_id: int
    patient: PatientKey
    is_identity_open: bool
    has_priors: bool
    """Were priors chosen for the case before?"""


_OF_CASE = bindparam("case_id", type_=BigInteger)
_STUDIES = (
    select(
        Study.id.label("study_id"),
        Case.site_id,
        Patient.id.label("identity_id"),
        Patient.domain_id,
        Patient.patient_id,
        Patient.issuer_of_patient_id,
        Patient.patient_name,
        Patient.patient_birth_date,
        Study.identity_open.label("is_identity_open"),
        exists().where(CasePrior.case_id == Case.id).label("has_priors"),
    )
    .select_from(CaseStudy)
    .join(Case, Case.id == CaseStudy.case_id)
    .join(Study, Study.id == CaseStudy.study_id)
    .join(Patient, Patient.id == Study.patient_id)
    .where(CaseStudy.case_id == _OF_CASE, CaseStudy.ended_at.is_(None))
    .order_by(Study.first_image_at, Study.id)
)


async def list_studies(session: AsyncSession, case_id: int) -> list[StudyOfCase]:
    """List the studies that a case has now, in order of their first image."""
    rows = await session.execute(_STUDIES, {"case_id": case_id})
    return [
        StudyOfCase(
            study_id=row.study_id,
            site_id=row.site_id,
            identity_id=row.identity_id,
            patient=PatientKey(
                domain_id=row.domain_id,
                patient_id=row.patient_id,
                issuer_of_patient_id=row.issuer_of_patient_id,
                patient_name=row.patient_name,
                patient_birth_date=row.patient_birth_date,
            ),
            is_identity_open=row.is_identity_open,
            has_priors=row.has_priors,
        )
        for row in rows
    ]


async def list_priors(session: AsyncSession, *, patient_id: int, case_id: int) -> list[Prior]:
    """List what our store holds of an identity beside a case: images, and nobody doubts whose.

    What was set aside with its case is not among them, nor what is no exam of the patient.
    """
    rows = await session.execute(_PRIORS, {"patient_id": patient_id, "case_id": case_id})
    return [
        Prior(
            study_id,
            find_kind(modalities, body_parts=parts, description=description),
            study_date,
            first_image_at,
        )
        for study_id, modalities, description, study_date, first_image_at, parts in rows
    ]


def _select_priors() -> Select[*tuple[Any, ...]]:
    linked = exists().where(CaseStudy.study_id == Study.id, CaseStudy.ended_at.is_(None))
    own = linked.where(CaseStudy.case_id == _OF_CASE)
    kept = exists().where(
        Series.study_id == Study.id, Instance.series_id == Series.id, Instance.purged_at.is_(None)
    )
    return (
        select(
            Study.id,
            Study.modalities,
            Study.study_description,
            Study.study_date,
            Study.first_image_at,
            func.array_agg(Series.body_part_examined.distinct()),
        )
        .join(Series, Series.study_id == Study.id)
        .where(
            Study.patient_id == bindparam("patient_id", type_=BigInteger),
            Study.image_count > 0,
            Study.identity_open.is_(False),
            or_(
                Study.intake_class == IntakeClass.PRIOR.value,
                and_(Study.intake_class == IntakeClass.CASE.value, linked),
            ),
            ~own,
            kept.correlate(Study),
        )
        .group_by(Study.id)
    )


_PRIORS = _select_priors()


async def keep_choice(
    session: AsyncSession, *, case_id: int, study_ids: Sequence[int], now: datetime
) -> None:
    """Keep which priors go with a case; they replace those that were chosen before."""
    await session.execute(
        delete(CasePrior).where(
            CasePrior.case_id == case_id, CasePrior.study_id != all_(list_of_keys(study_ids))
        )
    )
    if study_ids:
        rows = [{"case_id": case_id, "study_id": each, "chosen_at": now} for each in study_ids]
        await session.execute(insert(CasePrior).on_conflict_do_nothing(), rows)


async def list_open_cases(
    session: AsyncSession, *, study_id: int, patient_id: int
) -> Sequence[int]:
    """List the cases to be read that have a study of an identity, or a study as prior, by ids."""
    is_same = exists().where(
        CaseStudy.case_id == Case.id,
        CaseStudy.ended_at.is_(None),
        Study.id == CaseStudy.study_id,
        Study.patient_id == patient_id,
    )
    has_it = exists().where(CasePrior.case_id == Case.id, CasePrior.study_id == study_id)
    rows = await session.scalars(
        select(Case.id)
        .where(
            or_(is_same.correlate(Case), has_it.correlate(Case)),
            Case.state.in_(OPEN_FOR_DISPATCH),
        )
        .order_by(Case.id)
    )
    return rows.all()
