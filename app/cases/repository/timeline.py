"""The timeline: facts that are no move are written here, moves by a trigger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Table, Text, bindparam, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.timeline import EventKind
from app.cases.models import CaseEvent
from app.db.arrays import rows_named
from app.db.clock import NOW


async def add_event(
    session: AsyncSession,
    *,
    case_id: int,
    kind: EventKind,
    now: datetime,
    by_user_id: int | None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Put a fact that is no move on the timeline."""
    await session.execute(
        insert(CaseEvent).values(
            case_id=case_id,
            at=now,
            kind=kind.value,
            by_user_id=by_user_id,
            reason=reason,
            detail=detail or {},
        )
    )


async def add_events(
    session: AsyncSession,
    told: Sequence[tuple[int, dict[str, Any]]],
    *,
    kind: EventKind,
    now: datetime,
) -> None:
    """Put facts of one kind that nobody has done on timelines, each with its detail, by case."""
    rows = [{"case_id": case_id, "detail": detail} for case_id, detail in told]
    if rows:
        await session.execute(_ADD, {"told": rows, "kind": kind.value, "now": now})


_TOLD = rows_named("told", {"case_id": BigInteger, "detail": JSONB})
_ADD = insert(cast("Table", CaseEvent.__table__)).from_select(
    ["case_id", "at", "kind", "detail"],
    select(
        _TOLD.c.case_id,
        NOW,
        bindparam("kind", type_=Text),
        _TOLD.c.detail,
    ),
)


async def list_events(session: AsyncSession, case_id: int) -> Sequence[CaseEvent]:
    """List the timeline, oldest first."""
    rows = await session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id)
    )
    return rows.all()
