"""The rows of cases that open: any number of them in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Table,
    Text,
    and_,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from app.cases.domain.states import CaseState
from app.cases.models import Case, CaseSla, CaseStudy
from app.db.arrays import rows_named
from app.db.clock import NOW

_CASE, _LINK, _CLOCK = (cast("Table", each.__table__) for each in (Case, CaseStudy, CaseSla))
_INSTANT = TIMESTAMP(timezone=True)
_FIRST_IMAGE = "first image"


async def open_cases(
    session: AsyncSession, rows: Sequence[dict[str, Any]], *, now: datetime
) -> dict[int, int]:
    """Insert cases of one study each, with the link and the clocks; map the studies to them.

    Parameters
    ----------
    rows
        No two of one patient at one site: by these the statement finds which case is whose. Their
        instants are written as text.
    """
    opened = await session.execute(_OPEN, {"opening": rows, "now": now})
    return {row.study_id: row.case_id for row in opened}


_OF_CASE: dict[str, TypeEngine[Any] | type[TypeEngine[Any]]] = {
    "site_id": BigInteger,
    "patient_id": BigInteger,
    "priority": Text,
    "priority_reason": Text,
    "first_image_at": _INSTANT,
    "description": Text,
    "instance_count": BigInteger,
    "signed_due_at": _INSTANT,
    "dispatch_due_at": _INSTANT,
}
_ROWS = rows_named(
    "opening",
    _OF_CASE | {"study_id": BigInteger, "signed_within_s": BigInteger, "steps": JSONB},
)
_CASES = (
    insert(_CASE)
    .from_select(
        [*_OF_CASE, "state", "state_at", "state_reason", "created_at"],
        select(
            *(_ROWS.c[name] for name in _OF_CASE),
            literal(CaseState.OPEN.value),
            NOW,
            literal(_FIRST_IMAGE),
            NOW,
        ),
    )
    .returning(_CASE.c.id, _CASE.c.site_id, _CASE.c.patient_id)
    .cte("opened")
)
_IS_SAME = and_(_CASES.c.site_id == _ROWS.c.site_id, _CASES.c.patient_id == _ROWS.c.patient_id)
_WHOSE = _ROWS.join(_CASES, _IS_SAME)
_LINKS = (
    insert(_LINK)
    .from_select(
        ["case_id", "study_id", "linked_at"],
        select(_CASES.c.id, _ROWS.c.study_id, NOW).select_from(_WHOSE),
    )
    .cte("linked")
)
_CLOCKS = (
    insert(_CLOCK)
    .from_select(
        ["case_id", "at", "priority", "signed_within_s", "steps"],
        select(
            _CASES.c.id, NOW, _ROWS.c.priority, _ROWS.c.signed_within_s, _ROWS.c.steps
        ).select_from(_WHOSE),
    )
    .cte("clocked")
)
_OPEN = (
    select(_CASES.c.id.label("case_id"), _ROWS.c.study_id)
    .select_from(_WHOSE)
    .add_cte(_LINKS, _CLOCKS)
)
