"""Of what kind the exams of cases are, by what their images say of themselves."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case, CaseStudy
from app.db.arrays import list_of_keys
from app.dispatch.domain.exams import ExamKind, find_kind
from app.intake.models import Series, Study


async def map_kinds(session: AsyncSession, case_ids: Collection[int]) -> dict[int, ExamKind]:
    """Map cases to the kind of their exam; each of them has one."""
    query = (
        select(Case.id, Case.description, Study.modalities, Series.body_part_examined)
        .distinct()
        .outerjoin(CaseStudy, (CaseStudy.case_id == Case.id) & CaseStudy.ended_at.is_(None))
        .outerjoin(Study, Study.id == CaseStudy.study_id)
        .outerjoin(Series, Series.study_id == Study.id)
        .where(Case.id == any_(list_of_keys(case_ids)))
    )
    descriptions: dict[int, str] = {}
    modalities: defaultdict[int, set[str]] = defaultdict(set)
    parts: defaultdict[int, set[str]] = defaultdict(set)
    for case_id, description, of_study, of_series in (await session.execute(query)).all():
        descriptions[case_id] = description
        modalities[case_id].update(of_study or ())
        parts[case_id].add(of_series or "")
    return {
        case_id: find_kind(modalities[case_id], body_parts=parts[case_id], description=description)
        for case_id, description in descriptions.items()
    }
