"""Decisions: what was decided, from what, and why; rows are only added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.policy import Decision
from app.dispatch.domain.policy.stored import write_answer
from app.dispatch.models import Decision as DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision about a case, with all that went into it, so that it can be made again."""

    case_id: int
    inputs: Mapping[str, Any]
    decision: Decision
    cause: str


async def add_decision(session: AsyncSession, decided: Decided, *, now: datetime) -> int:
    """Keep a decision."""
    instants = {"at": now, "next_deadline": decided.decision.next_deadline}
    added = await session.execute(_ADD, write_decided(decided) | instants)
    return added.scalar_one()


def write_decided(decided: Decided) -> dict[str, Any]:
    """Write what is kept of a decision, but for its instants."""
    ranking, exclusions = write_answer(decided.decision)
    return {
        "case_id": decided.case_id,
        "cause": decided.cause,
        "rule_version": decided.decision.rule_version,
        "inputs": decided.inputs,
        "ranking": ranking,
        "exclusions": exclusions,
    }


_ADD = insert(DecisionRow).returning(DecisionRow.id)


async def list_decisions(session: AsyncSession, case_id: int) -> Sequence[DecisionRow]:
    """List what was decided about a case, oldest first."""
    rows = await session.scalars(
        select(DecisionRow).where(DecisionRow.case_id == case_id).order_by(DecisionRow.id)
    )
    return rows.all()
