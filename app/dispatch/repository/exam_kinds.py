"""Of what kind the exams of cases are, by what their images say of themselves."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from sqlalchemy import CTE, Select, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType

from app.cases.models import Case, CaseStudy
from app.db.arrays import cases_named
from app.dispatch.domain.exams import ExamKind, find_kind
from app.intake.models import Series, Study

_BETWEEN = "\\"
"""As DICOM has it: it is in no value."""
Said: TypeAlias = tuple[str, Sequence[str | None] | None, Sequence[str | None] | None]
"""Of a case: its description; of each of its series the modalities of the study, and its part."""


def gather_said(cases: CTE | Subquery) -> Subquery:
    """Gather what series say of cases, named `case_id`, a row for each case that has any."""
    modalities = func.array_to_string(Study.modalities, _BETWEEN)
    return (
        select(
            cases.c.case_id,
            func.array_agg(modalities, type_=NullType()).label("modalities"),
            func.array_agg(Series.body_part_examined, type_=NullType()).label("body_parts"),
        )
        .select_from(cases)
        .join(CaseStudy, (CaseStudy.case_id == cases.c.case_id) & CaseStudy.ended_at.is_(None))
        .join(Study, Study.id == CaseStudy.study_id)
        .outerjoin(Series, Series.study_id == Study.id)
        .group_by(cases.c.case_id)
        .subquery()
    )


def find_kinds(said: Iterable[Said]) -> list[ExamKind]:
    """Find the kind of each exam; hundreds of cases, few answers: each is found once."""
    known: dict[tuple[object, ...], ExamKind] = {}
    kinds = []
    for description, modalities, parts in said:
        key = (description, *(modalities or ()), None, *(parts or ()))
        kind = known.get(key)
        if kind is None:
            kind = known[key] = find_kind(
                {name for each in modalities or () if each for name in each.split(_BETWEEN)},
                body_parts={part or "" for part in parts or ()},
                description=description,
            )
        kinds.append(kind)
    return kinds


def write_kind(kind: ExamKind) -> dict[str, str]:
    """Write a kind as it is kept on a case."""
    return {"exam_modality": kind.modality, "exam_region": kind.region.value}


async def map_kinds(session: AsyncSession, case_ids: Collection[int]) -> dict[int, ExamKind]:
    """Map cases to the kind of their exam; each of them has one."""
    rows = (await session.execute(_KINDS, {"case_ids": list(case_ids)})).all()
    kinds = find_kinds((row.description, row.modalities, row.body_parts) for row in rows)
    return {row.id: kind for row, kind in zip(rows, kinds, strict=True)}


def _select_kinds() -> Select[int, str, Sequence[str | None], Sequence[str | None]]:
    given = cases_named("case_ids")
    said = gather_said(given)
    return (
        select(Case.id, Case.description, said.c.modalities, said.c.body_parts)
        .select_from(given)
        .join(Case, Case.id == given.c.case_id)
        .outerjoin(said, said.c.case_id == Case.id)
    )


_KINDS = _select_kinds()
