"""Cases whose studies are complete: any number of them in a few statements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import (
    BigInteger,
    Row,
    Table,
    Text,
    and_,
    any_,
    case,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent, CaseStudy
from app.cases.repository.links import is_linked
from app.db.arrays import keys_named, rows_named
from app.db.clock import NOW
from app.intake.models import Study


async def lock_cases_of_studies(session: AsyncSession, study_ids: Collection[int]) -> None:
    """Lock the cases that some studies have, in the order of their keys.

    Whoever changes several cases takes their locks so: else two would wait for each other.
    """
    await session.execute(_CASES, {"study_ids": list(study_ids)})


async def lock_incomplete(session: AsyncSession, study_ids: Collection[int]) -> Sequence[int]:
    """Lock the cases of some studies that are not complete yet, in the order of their keys."""
    return (await session.scalars(_INCOMPLETE, {"study_ids": list(study_ids)})).all()


_OF_STUDIES = (
    select(CaseStudy.case_id)
    .where(CaseStudy.study_id == any_(keys_named("study_ids")))
    .ext(distinct_on(CaseStudy.study_id))
    .order_by(CaseStudy.study_id, CaseStudy.ended_at.desc().nulls_first(), CaseStudy.id.desc())
)
_CASES = (
    select(Case.id)
    .where(Case.id.in_(_OF_STUDIES))
    .order_by(Case.id)
    .with_for_update(key_share=True)
)
_INCOMPLETE = _CASES.where(Case.complete_at.is_(None))


async def list_completeness(
    session: AsyncSession, case_ids: Sequence[int]
) -> Sequence[Row[int, datetime | None, str | None]]:
    """List the studies of some cases, each with when and why it was complete, in their order."""
    return (await session.execute(_COMPLETENESS, {"case_ids": case_ids})).all()


_COMPLETENESS = (
    select(CaseStudy.case_id, Study.complete_at, Study.complete_reason)
    .join(Study, Study.id == CaseStudy.study_id)
    .join(Case, Case.id == CaseStudy.case_id)
    .where(CaseStudy.case_id == any_(keys_named("case_ids")), is_linked(CaseStudy))
    .order_by(Study.first_image_at, Study.id)
)


async def mark_complete(
    session: AsyncSession, reasons: Mapping[int, str], *, now: datetime
) -> list[int]:
    """Label locked cases complete, on their timelines too; list those that are due by it.

    Due is what nobody was offered yet: one that is offered already is due when its nominees go off
    guard, and that stays.
    """
    rows = [{"case_id": case_id, "reason": reason} for case_id, reason in reasons.items()]
    marked = await session.execute(_MARK, {"completed": rows, "now": now})
    return sorted(row.id for row in marked if row.state == CaseState.OPEN.value)


_CASE, _EVENT = (cast("Table", each.__table__) for each in (Case, CaseEvent))
_ROWS = rows_named("completed", {"case_id": BigInteger, "reason": Text})
_IS_DUE_LATER = and_(_CASE.c.state == CaseState.OPEN.value, _CASE.c.dispatch_due_at > NOW)
_EVENTS = (
    insert(_EVENT)
    .from_select(
        ["case_id", "at", "kind", "reason"],
        select(_ROWS.c.case_id, NOW, literal(EventKind.COMPLETE.value), _ROWS.c.reason),
    )
    .cte("told")
)
_MARK = (
    update(_CASE)
    .where(_CASE.c.id == _ROWS.c.case_id)
    .values(
        complete_at=NOW,
        complete_reason=_ROWS.c.reason,
        dispatch_due_at=case((_IS_DUE_LATER, NOW), else_=_CASE.c.dispatch_due_at),
    )
    .returning(_CASE.c.id, _CASE.c.state)
    .add_cte(_EVENTS)
)
