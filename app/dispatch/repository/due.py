"""For which cases something is due, of each kind those that are decided first."""

from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Interval,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.cases.domain.priority import Priority
from app.cases.domain.states import UNCLAIMED, CaseState
from app.cases.models import Case
from app.db.clock import NOW
from app.dispatch.domain.turns import COUNTS_LATER, Due
from app.dispatch.models import Claim

Result = TypeVar("Result")
Instant = ColumnElement[datetime] | InstrumentedAttribute[datetime | None]

_Due: TypeAlias = Select[int, str, datetime | None] | CompoundSelect[int, str, datetime | None]

_COUNTS_LATER: ColumnElement[timedelta] = case(
    {each.value: literal(later, Interval()) for each, later in COUNTS_LATER.items()},
    value=Case.priority,
)
# GREATEST ignores what is null: it is late when it is due, or when it is tried again.
_late_at: ColumnElement[datetime] = func.greatest(Case.signed_due_at, Claim.late_again_at)


async def list_unasked(session: AsyncSession, *, now: datetime, limit: int) -> list[Due]:
    """List the cases to be offered that nobody was ever asked to read."""
    return await _list(session, _UNASKED, now=now, limit=limit)


async def list_left(session: AsyncSession, *, now: datetime, limit: int) -> list[Due]:
    """List the cases to be offered anew: those who are asked have left, or are not heard."""
    return await _list(session, _LEFT, now=now, limit=limit)


async def list_others(session: AsyncSession, *, now: datetime, limit: int) -> list[Due]:
    """List the cases at which somebody must look again.

    Those whose circle is to be widened, as nobody has claimed them; those whose claim is due; those
    that are claimed, late, and nobody was told.
    """
    return await _list(session, _OTHERS, now=now, limit=limit)


async def _list(
    session: AsyncSession,
    statement: _Due,
    *,
    now: datetime,
    limit: int,
) -> list[Due]:
    rows = await session.execute(statement, {"now": now, "most": limit})
    return [Due(row[0], Priority(row[1]), row[2]) for row in rows if row[2] is not None]


async def find_next_claim_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a claim must be looked at, or its case is late."""
    due = await session.scalar(_select_standing(func.min(Claim.due_at)))
    late = await session.scalar(_select_untold(func.min(_late_at)))
    return min((each for each in (due, late) if each is not None), default=None)


def _select_standing(
    what: ColumnElement[Result] | InstrumentedAttribute[Result],
) -> Select[Result]:
    return (
        select(what)
        .join_from(Claim, Case, Case.id == Claim.case_id)
        .where(Case.state == CaseState.READING.value, Claim.ended_at.is_(None))
    )


def _select_untold(what: ColumnElement[Result] | InstrumentedAttribute[Result]) -> Select[Result]:
    return _select_standing(what).where(
        Case.signed_due_at.is_not(None), Claim.late_told_at.is_(None)
    )


def _select_due(query: Select[int], due_at: Instant) -> Select[int, str, datetime | None]:
    return (
        query.with_only_columns(Case.id, Case.priority, due_at)
        .where(due_at <= NOW)
        # As in `Due.rank`: what is not among them is decided after them.
        .order_by(due_at + _COUNTS_LATER, Case.id)
        .limit(bindparam("most", type_=BigInteger))
    )


_OF_CASES = select(Case.id)
_UNASKED = _select_due(_OF_CASES.where(Case.state == CaseState.OPEN.value), Case.dispatch_due_at)
_LEFT = _select_due(_OF_CASES.where(Case.state == CaseState.NOMINATED.value), Case.dispatch_due_at)
_UNCLAIMED = _OF_CASES.where(Case.state.in_([each.value for each in UNCLAIMED]))
_OTHERS = union_all(
    _select_due(_UNCLAIMED, Case.step_due_at),
    _select_due(_select_standing(Case.id), Claim.due_at),
    _select_due(_select_untold(Case.id), _late_at),
)
