"""Decisions: what was decided, from what, and why; rows are only added."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.policy import Decision
from app.dispatch.domain.policy.stored import write_answer
from app.dispatch.models import Decision as DecisionRow


async def add_decision(
    session: AsyncSession,
    *,
    case_id: int,
    inputs: Mapping[str, Any],
    decision: Decision,
    cause: str,
    now: datetime,
) -> int:
    """Keep a decision with all that went into it, so that it can be made again."""
    ranking, exclusions = write_answer(decision)
    added = await session.execute(
        _ADD,
        {
            "case_id": case_id,
            "at": now,
            "cause": cause,
            "rule_version": decision.rule_version,
            "inputs": inputs,
            "ranking": ranking,
            "exclusions": exclusions,
            "next_deadline": decision.next_deadline,
        },
    )
    return added.scalar_one()


_ADD = insert(DecisionRow).returning(DecisionRow.id)


async def list_decisions(session: AsyncSession, case_id: int) -> Sequence[DecisionRow]:
    """List what was decided about a case, oldest first."""
    rows = await session.scalars(
        select(DecisionRow).where(DecisionRow.case_id == case_id).order_by(DecisionRow.id)
    )
    return rows.all()
