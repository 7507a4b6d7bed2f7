"""Queries on what readers have in hand: cases being read, and cases offered."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CTE, Row, Select, any_, bindparam, func, or_, select, union
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType

from app.cases.models import Case
from app.db.arrays import cases_named, keys_named
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.watch import ASIDE
from app.dispatch.models import Claim, Nomination
from app.dispatch.repository.exam_kinds import find_kinds, gather_said

_ASIDE = tuple(stage.value for stage in ASIDE)


# No dataclass: a decision makes hundreds of them.
class InHand(NamedTuple):
    """A case that somebody reads, or that is offered to readers, or that is to be decided."""

    case_id: int
    signed_due_at: datetime
    offered_to: Sequence[int] | None
    reader_id: int | None = None
    """Who has claimed it."""
    claimed_at: datetime | None = None
    is_aside: bool = False
    """Claimed and put aside."""


async def map_in_hand(
    session: AsyncSession, case_ids: Collection[int], *, due_by: datetime
) -> dict[ExamKind, list[InHand]]:
    """Map kinds of exam to these cases, those being read, and those offered and due by an instant.

    Parameters
    ----------
    case_ids
        Of cases that are to be decided: their kind is found by what has come by now. Every other
        case is of the kind that was kept when it was last offered anew, or claimed.
    due_by
        What is offered and due later is left out: it is read later. Aware.
    """
    # Without the session between: nothing of it is mapped, and there are hundreds of rows.
    connection = await session.connection()
    found = await connection.execute(_IN_HAND, {"case_ids": list(case_ids), "due_by": due_by})
    rows = found.all()
    kinds = _find_anew(rows)
    # By what is kept, not by the kind: its own hash would take longer than all the rest.
    alike: defaultdict[tuple[str, str], list[InHand]] = defaultdict(list)
    for row in rows:
        kind = kinds.get(row[0])
        kept = row[6:8] if kind is None else (kind.modality, kind.region.value)
        alike[kept].append(InHand(*row[:6]))
    return {ExamKind(modality, Region(region)): own for (modality, region), own in alike.items()}


def _find_anew(rows: Iterable[Row[*tuple[Any, ...]]]) -> Mapping[int, ExamKind]:
    anew = [row for row in rows if row.description is not None]
    kinds = find_kinds([row[8:] for row in anew])
    return {row.id: kind for row, kind in zip(anew, kinds, strict=True)}


def _select_in_hand() -> Select[*tuple[Any, ...]]:
    asked = _gather_asked()
    ids = union(
        select(cases_named("case_ids").c.case_id),
        select(Claim.case_id).where(Claim.ended_at.is_(None)),
        select(asked.c.case_id)
        .join(Case, Case.id == asked.c.case_id)
        .where(bindparam("due_by", type_=TIMESTAMP(timezone=True)) >= _DUE_AT),
    ).cte("in_hand")
    anew = _select_anew(ids)
    said = gather_said(anew)
    return (
        select(
            Case.id,
            _DUE_AT,
            asked.c.radiologist_ids,
            Claim.radiologist_id,
            Claim.claimed_at,
            Claim.stage.in_(_ASIDE),
            Case.exam_modality,
            Case.exam_region,
            anew.c.description,
            said.c.modalities,
            said.c.body_parts,
        )
        .select_from(ids)
        .join(Case, Case.id == ids.c.case_id)
        .outerjoin(Claim, (Claim.case_id == Case.id) & Claim.ended_at.is_(None))
        .outerjoin(asked, asked.c.case_id == Case.id)
        .outerjoin(anew, anew.c.case_id == Case.id)
        .outerjoin(said, said.c.case_id == Case.id)
    )


def _gather_asked() -> CTE:
    # As the driver reads it: nothing is to be done to each of hundreds of arrays.
    asked = func.array_agg(Nomination.radiologist_id, type_=NullType())
    return (
        select(Nomination.case_id, asked.label("radiologist_ids"))
        .where(Nomination.ended_at.is_(None))
        .group_by(Nomination.case_id)
        .cte("asked")
    )


def _select_anew(ids: CTE) -> CTE:
    """Select those that are to be decided, and those of which no known kind is kept."""
    return (
        select(ids.c.case_id, Case.description)
        .join(Case, Case.id == ids.c.case_id)
        .where(
            or_(
                Case.exam_region.is_(None),
                Case.exam_region.not_in([each.value for each in Region]),
                Case.id == any_(keys_named("case_ids")),
            )
        )
        .cte("anew")
    )


_DUE_AT = func.coalesce(Case.signed_due_at, Case.created_at)
_IN_HAND = _select_in_hand()
