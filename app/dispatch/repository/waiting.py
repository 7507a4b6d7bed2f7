"""Since when a case has been offered and not taken, and whether somebody has seen it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import CaseEvent, CaseSla
from app.dispatch.models import Decision, Nomination

_OF_CASE = bindparam("case_id", type_=BigInteger)
_NOMINATED = CaseState.NOMINATED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """How a case that nobody has taken stands; instants are aware."""

    offered_at: datetime | None
    """Since when it has been offered and not taken: the steps of its SLA count from there. What a
    human does starts the count anew: a claim that ends, a reader named by the coordinator, another
    priority."""
    nobody_since: datetime | None
    """Since when it could be offered to nobody, by its clocks; nothing: it never was decided."""
    is_acknowledged: bool
    """Has somebody to whom it is offered now said that they have seen it?"""
    unseen_since: datetime | None
    """When the last of those who had said so before was no longer asked."""


async def find_unclaimed(session: AsyncSession, case_id: int) -> Unclaimed:
    """Find how a case stands that nobody has taken."""
    row = (await session.execute(_UNCLAIMED, {"case_id": case_id})).one()
    changed_at = row.changed_at or row.anew_at
    return Unclaimed(
        offered_at=None if row.anew_at is None else max(row.anew_at, changed_at),
        nobody_since=row.nobody_since,
        is_acknowledged=row.is_acknowledged,
        unseen_since=row.unseen_since,
    )


def _select_unclaimed() -> Select[*tuple[Any, ...]]:
    is_anew = and_(
        CaseEvent.state_to == _NOMINATED,
        or_(CaseEvent.by_user_id.is_not(None), CaseEvent.state_from.is_distinct_from(_NOMINATED)),
    )
    offered = (
        select(
            func.max(CaseEvent.at).filter(is_anew).label("anew_at"),
            func.max(CaseEvent.at)
            .filter(CaseEvent.kind == EventKind.PRIORITY_CHANGED.value)
            .label("changed_at"),
        )
        .where(CaseEvent.case_id == _OF_CASE)
        .subquery()
    )
    seen = (
        select(
            func.coalesce(func.bool_or(Nomination.ended_at.is_(None)), false()).label(
                "is_acknowledged"
            ),
            func.max(Nomination.ended_at).label("unseen_since"),
        )
        .where(Nomination.case_id == _OF_CASE, Nomination.acknowledged_at.is_not(None))
        .subquery()
    )
    clocks_at = select(func.max(CaseSla.at)).where(CaseSla.case_id == _OF_CASE).scalar_subquery()
    nobody_since = (
        select(func.greatest(func.min(Decision.at), clocks_at))
        .where(Decision.case_id == _OF_CASE)
        .having(func.count() > 0)
        .scalar_subquery()
    )
    return select(*offered.c, *seen.c, nobody_since.label("nobody_since")).join_from(
        offered, seen, true()
    )


_UNCLAIMED = _select_unclaimed()
