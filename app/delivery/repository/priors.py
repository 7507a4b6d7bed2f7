"""Queries on the earlier studies of a patient that go to the reader."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import OPEN_FOR_DISPATCH
from app.cases.models import Case, CaseStudy
from app.delivery.domain.priors import Prior
from app.delivery.models import CasePrior
from app.dispatch.domain.exams import find_kind
from app.intake.domain.classes import IntakeClass
from app.intake.models import Instance, Series, Study


async def list_priors(session: AsyncSession, *, patient_id: int, case_id: int) -> list[Prior]:
    """List what our store holds of an identity beside a case: images, and nobody doubts whose.

    What was set aside with its case is not among them, nor what is no exam of the patient.
    """
    linked = exists().where(CaseStudy.study_id == Study.id, CaseStudy.ended_at.is_(None))
    own = linked.where(CaseStudy.case_id == case_id)
    kept = exists().where(
        Series.study_id == Study.id, Instance.series_id == Series.id, Instance.purged_at.is_(None)
    )
    query = (
        select(Study, func.array_agg(Series.body_part_examined.distinct()))
        .join(Series, Series.study_id == Study.id)
        .where(
            Study.patient_id == patient_id,
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
    return [
        Prior(
            study.id,
            find_kind(study.modalities, body_parts=parts, description=study.study_description),
            study.study_date,
            study.first_image_at,
        )
        for study, parts in await session.execute(query)
    ]


async def keep_choice(
    session: AsyncSession, *, case_id: int, study_ids: Sequence[int], now: datetime
) -> None:
    """Keep which priors go with a case; they replace those that were chosen before."""
    await session.execute(
        delete(CasePrior).where(CasePrior.case_id == case_id, CasePrior.study_id.not_in(study_ids))
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
