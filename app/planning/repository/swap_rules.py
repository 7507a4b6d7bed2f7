"""Queries on how societies swap: rows are added, and the last one of a society is in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import User
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swap_rules import SwapRules
from app.planning.models import SwapRule


@dataclass(frozen=True, slots=True)
class PastSwapRules:
    """What was set for a society, when and by whom; nobody: the platform."""

    id: int
    society_id: int
    rules: SwapRules
    set_at: datetime
    set_by: int | None
    set_by_name: str | None


def read_rules(row: SwapRule) -> SwapRules:
    """Read a row as the domain has it."""
    credit = None if row.credit_to is None else CreditRule(row.credit_to)
    return SwapRules(needs_approval=row.needs_approval, credit=credit)


async def map_rules(session: AsyncSession) -> dict[int, SwapRules]:
    """Map each society that has set any to its rules in force."""
    query = (
        select(SwapRule)
        .ext(distinct_on(SwapRule.society_id))
        .order_by(SwapRule.society_id, SwapRule.id.desc())
    )
    return {row.society_id: read_rules(row) for row in (await session.scalars(query)).all()}


async def find_rules(session: AsyncSession, society_id: int) -> SwapRules:
    """Find the rules in force of a society; the usual ones where it has set none."""
    query = (
        select(SwapRule)
        .where(SwapRule.society_id == society_id)
        .order_by(SwapRule.id.desc())
        .limit(1)
    )
    row = (await session.scalars(query)).one_or_none()
    return SwapRules() if row is None else read_rules(row)


async def list_past(
    session: AsyncSession, *, society_id: int, limit: int, before: int | None = None
) -> Sequence[PastSwapRules]:
    """List what was set for a society, the newest first: what is below an id."""
    query = (
        select(SwapRule, User.display_name)
        .outerjoin(User, User.id == SwapRule.set_by)
        .where(SwapRule.society_id == society_id)
        .order_by(SwapRule.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(SwapRule.id < before)
    rows: Any = (await session.execute(query)).all()
    return [
        PastSwapRules(row.id, row.society_id, read_rules(row), row.set_at, row.set_by, name)
        for row, name in rows
    ]


async def add_rules(
    session: AsyncSession,
    rules: SwapRules,
    *,
    society_id: int,
    now: datetime,
    user_id: int | None,
) -> SwapRule:
    """Add what holds for a society from now on."""
    row = SwapRule(
        society_id=society_id,
        needs_approval=rules.needs_approval,
        credit_to=None if rules.credit is None else rules.credit.value,
        set_at=now,
        set_by=user_id,
    )
    session.add(row)
    await session.flush()
    return row
