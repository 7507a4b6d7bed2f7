"""Asks for images that nobody was sent before, for many cases in one statement."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    CTE,
    Exists,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import CaseStudy
from app.db.arrays import cases_named
from app.db.clock import NOW
from app.db.notify import WORK, notifying
from app.delivery.domain.shipment import Kind
from app.delivery.models import CasePrior, Delivery
from app.dispatch.repository import gather_nodes
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study

_COULD_BE_PRIOR = (IntakeClass.PRIOR.value, IntakeClass.CASE.value)


async def ask_first(
    session: AsyncSession, case_ids: Collection[int], *, now: datetime, wakes: str
) -> set[int]:
    """Ask for the studies of cases to be sent to their readers, where that is all there is to do.

    Nothing was sent for such a case before, no earlier study of its patient is known, and nobody
    else sends its studies there.

    Parameters
    ----------
    wakes
        The job that is woken if anything is asked for.

    Returns
    -------
    set
        Those cases; what is to be done for all others is undone.
    """
    given = {"case_ids": list(case_ids), "now": now, "wakes": wakes}
    rows = await session.execute(_ASK, given)
    return {case_id for case_id, wanted, added, _ in rows if added == wanted}


def _write_ask() -> Select[int, int, int, str | None]:
    fresh = _select_fresh(cases_named("case_ids"))
    nodes = gather_nodes(fresh)
    wanted = (
        select(nodes.c.case_id, nodes.c.endpoint_id, CaseStudy.study_id)
        .join(CaseStudy, (CaseStudy.case_id == nodes.c.case_id) & CaseStudy.ended_at.is_(None))
        # In one order: two who add the same wait for each other, and never both.
        .order_by(nodes.c.endpoint_id, CaseStudy.study_id)
        .cte("wanted")
    )
    added = (
        insert(Delivery)
        .from_select(
            [*wanted.c.keys(), "kind", "is_prior", "created_at", "asked_at", "due_at"],
            select(*wanted.c, literal(Kind.IMAGES.value), false(), NOW, NOW, NOW),
        )
        .on_conflict_do_nothing()
        .returning(Delivery.case_id)
        .cte("added")
    )
    count = _count(added, fresh)
    woken = case((count > 0, notifying(WORK, bindparam("wakes", type_=Text))))
    return select(fresh.c.case_id, _count(wanted, fresh), count, woken)


def _count(rows: CTE, fresh: CTE) -> ScalarSelect[int]:
    count = select(func.count()).select_from(rows).where(rows.c.case_id == fresh.c.case_id)
    return count.scalar_subquery()


def _select_fresh(given: FromClause) -> CTE:
    sent = exists().where(Delivery.case_id == given.c.case_id, Delivery.kind == Kind.IMAGES.value)
    chosen = exists().where(CasePrior.case_id == given.c.case_id)
    return select(given.c.case_id).where(~sent, ~chosen, ~_has_earlier(given)).cte("fresh")


def _has_earlier(given: FromClause) -> Exists:
    """Is there another study of the patient that may go with those of a case?"""
    other = aliased(Study)
    return exists().where(
        CaseStudy.case_id == given.c.case_id,
        CaseStudy.ended_at.is_(None),
        Study.id == CaseStudy.study_id,
        other.patient_id == Study.patient_id,
        other.id != Study.id,
        other.intake_class.in_(_COULD_BE_PRIOR),
    )


_ASK = _write_ask()
