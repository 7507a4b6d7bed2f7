"""Decisions: what was decided, from what, and why; rows are only added."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.policy import CaseToRead, Decision, Reader
from app.dispatch.models import Decision as DecisionRow


async def add_decision(
    session: AsyncSession,
    *,
    case: CaseToRead,
    readers: Iterable[Reader],
    decision: Decision,
    cause: str,
    next_deadline: datetime | None,
    now: datetime,
) -> int:
    """Keep a decision with all that went into it, so that it can be replayed."""
    added = await session.execute(
        insert(DecisionRow)
        .values(
            case_id=case.case_id,
            at=now,
            cause=cause,
            rule_version=decision.rule_version,
            inputs={
                "case": _plain(asdict(case)),
                "circle": decision.circle.value,
                "readers": [_plain(asdict(reader)) for reader in readers],
            },
            ranking={
                "nominees": list(decision.nominees),
                "readers": [_plain(asdict(each)) for each in decision.ranking[:10]],
            },
            exclusions={
                "readers": [_plain(asdict(each)) for each in decision.excluded],
                "dropped_filters": list(decision.dropped_filters),
            },
            next_deadline=next_deadline,
        )
        .returning(DecisionRow.id)
    )
    return added.scalar_one()


def _plain(values: object) -> object:
    """Write instants as ISO 8601, for JSON."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    return values.isoformat() if isinstance(values, datetime) else values


async def list_decisions(session: AsyncSession, case_id: int) -> Sequence[DecisionRow]:
    """List what was decided about a case, oldest first."""
    rows = await session.scalars(
        select(DecisionRow).where(DecisionRow.case_id == case_id).order_by(DecisionRow.id)
    )
    return rows.all()
