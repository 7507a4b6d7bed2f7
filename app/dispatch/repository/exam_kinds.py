"""Of what kind the exams of cases are, by what their images say of themselves."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from sqlalchemy import Select, any_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType

from app.cases.models import Case, CaseStudy
from app.db.arrays import keys_named
from app.dispatch.domain.exams import ExamKind, find_kind
from app.intake.models import Series, Study

_BETWEEN = "\\"
"""As DICOM has it: it is in no value."""
Said: TypeAlias = tuple[str, Sequence[str] | None, Sequence[str] | None]
"""Of a case: its description, the modalities of each of its studies, the part of each series."""
_Texts: TypeAlias = Select[Sequence[str]]


def select_said() -> tuple[_Texts, _Texts]:
    """Select what images say of a case: the modalities of its studies, and the parts of series.

    Of each case by itself, in a statement that reads cases: a join would be planned for all of
    them, where few are asked for.
    """
    modalities = func.array_agg(func.array_to_string(Study.modalities, _BETWEEN), type_=NullType())
    parts = func.array_agg(Series.body_part_examined, type_=NullType())
    of_case = (CaseStudy.case_id == Case.id) & CaseStudy.ended_at.is_(None)
    return (
        select(modalities).join(CaseStudy, CaseStudy.study_id == Study.id).where(of_case),
        select(parts).join(CaseStudy, CaseStudy.study_id == Series.study_id).where(of_case),
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
                body_parts=set(parts or ()),
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


def _select_kinds() -> Select[int, str, Sequence[str], Sequence[str]]:
    modalities, parts = select_said()
    return select(
        Case.id,
        Case.description,
        modalities.scalar_subquery().label("modalities"),
        parts.scalar_subquery().label("body_parts"),
    ).where(Case.id == any_(keys_named("case_ids")))


_KINDS = _select_kinds()
