"""Of what kind the exams of cases are, by what their images say of themselves."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import any_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case, CaseStudy
from app.db.arrays import keys_named
from app.dispatch.domain.exams import ExamKind, find_kind
from app.intake.models import Series, Study

_SAID = (Case.description, Study.modalities, Series.body_part_examined)
_ALIKE = (
    select(*_SAID, func.array_agg(Case.id))
    .select_from(Case)
    .outerjoin(CaseStudy, (CaseStudy.case_id == Case.id) & CaseStudy.ended_at.is_(None))
    .outerjoin(Study, Study.id == CaseStudy.study_id)
    .outerjoin(Series, Series.study_id == Study.id)
    .where(Case.id == any_(keys_named("case_ids")))
    .group_by(*_SAID)
)
"""What series say of their cases, each answer once, with the cases of which it is said."""


async def group_by_kind(
    session: AsyncSession, case_ids: Collection[int]
) -> dict[ExamKind, list[int]]:
    """Group cases by the kind of their exam; each of them has one."""
    rows = (await session.execute(_ALIKE, {"case_ids": list(case_ids)})).all()
    # Hundreds of cases, few answers: a kind is found once for all cases of which the same is said.
    said: defaultdict[int, tuple[int, ...]] = defaultdict(tuple)
    for number, row in enumerate(rows):
        for case_id in row[-1]:
            said[case_id] += (number,)
    alike: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for case_id, numbers in said.items():
        alike[numbers] += (case_id,)
    groups: defaultdict[ExamKind, list[int]] = defaultdict(list)
    for numbers, ids in alike.items():
        groups[_find_kind([rows[number] for number in numbers])] += ids
    return groups


def _find_kind(said: Sequence[Any]) -> ExamKind:
    return find_kind(
        {each for _, modalities, _, _ in said for each in modalities or ()},
        body_parts={part or "" for _, _, part, _ in said},
        description=said[0].description,
    )


async def map_kinds(session: AsyncSession, case_ids: Collection[int]) -> dict[int, ExamKind]:
    """Map cases to the kind of their exam; each of them has one."""
    groups = await group_by_kind(session, case_ids)
    return {case_id: kind for kind, alike in groups.items() for case_id in alike}
