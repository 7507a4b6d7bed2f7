"""Queries on what readers have in hand: cases being read, and cases offered."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select, union
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType

from app.cases.models import Case
from app.db.arrays import keys_named
from app.dispatch.domain.exams import ExamKind
from app.dispatch.domain.watch import ASIDE
from app.dispatch.models import Claim, Nomination
from app.dispatch.repository.exam_kinds import find_kinds, gather_said

_ASIDE = frozenset(stage.value for stage in ASIDE)


# No dataclass: a decision makes hundreds of them.
class InHand(NamedTuple):
    """A case that somebody reads, or that is offered to readers, or that is to be decided."""

    case_id: int
    kind: ExamKind
    signed_due_at: datetime
    offered_to: Sequence[int]
    reader_id: int | None = None
    """Who has claimed it."""
    claimed_at: datetime | None = None
    is_aside: bool = False
    """Claimed and put aside."""


async def list_in_hand(
    session: AsyncSession, case_ids: Collection[int], *, due_by: datetime
) -> list[InHand]:
    """List these cases, those being read, and those offered that are due by an instant.

    Parameters
    ----------
    case_ids
        Of cases that are to be decided.
    due_by
        What is offered and due later is left out: it is read later. Aware.
    """
    # Without the session between: nothing of it is mapped, and there are hundreds of rows.
    connection = await session.connection()
    found = await connection.execute(_IN_HAND, {"case_ids": list(case_ids), "due_by": due_by})
    rows = found.all()
    kinds = find_kinds([row[6:] for row in rows])
    return [
        InHand(row[0], kind, row[1], row[5] or (), row[2], row[3], row[4] in _ASIDE)
        for kind, row in zip(kinds, rows, strict=True)
    ]


def _select_in_hand() -> Select[*tuple[Any, ...]]:
    asked = (
        select(
            Nomination.case_id,
            # As the driver reads it: nothing is to be done to each of hundreds of arrays.
            func.array_agg(Nomination.radiologist_id, type_=NullType()).label("radiologist_ids"),
        )
        .where(Nomination.ended_at.is_(None))
        .group_by(Nomination.case_id)
        .cte("asked")
    )
    ids = union(
        select(func.unnest(keys_named("case_ids")).label("case_id")),
        select(Claim.case_id).where(Claim.ended_at.is_(None)),
        select(asked.c.case_id)
        .join(Case, Case.id == asked.c.case_id)
        .where(bindparam("due_by", type_=TIMESTAMP(timezone=True)) >= _DUE_AT),
    ).cte("in_hand")
    said = gather_said(ids)
    return (
        select(
            Case.id,
            _DUE_AT,
            Claim.radiologist_id,
            Claim.claimed_at,
            Claim.stage,
            asked.c.radiologist_ids,
            Case.description,
            said.c.modalities,
            said.c.body_parts,
        )
        .select_from(ids)
        .join(Case, Case.id == ids.c.case_id)
        .outerjoin(Claim, (Claim.case_id == Case.id) & Claim.ended_at.is_(None))
        .outerjoin(asked, asked.c.case_id == Case.id)
        .outerjoin(said, said.c.case_id == Case.id)
    )


_DUE_AT = func.coalesce(Case.signed_due_at, Case.created_at)
_IN_HAND = _select_in_hand()
