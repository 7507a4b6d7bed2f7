"""Queries on what readers have in hand: cases being read, and cases offered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, bindparam, case, func, or_, select, true
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import NullType

from app.cases.models import Case
from app.db.arrays import cases_named
from app.db.together import Query, Question
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.watch import ASIDE
from app.dispatch.models import Claim, Nomination
from app.dispatch.repository.exam_kinds import find_kinds, select_said

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


def ask_in_hand(
    case_ids: AbstractSet[int], *, due_by: datetime
) -> Question[dict[ExamKind, list[InHand]]]:
    """Ask for these cases, those being read, and those offered and due by an instant, by kind.

    Parameters
    ----------
    case_ids
        Of cases that are to be decided: their kind is found by what has come by now. Every other
        case is of the kind that was kept when it was last offered anew, or claimed.
    due_by
        What is offered and due later is left out: it is read later. Aware.
    """
    return _IN_HAND.of(case_ids=list(case_ids), due_by=due_by)


def _read_in_hand(rows: Sequence[tuple[Any, ...]]) -> dict[ExamKind, list[InHand]]:
    kinds = _find_anew(rows)
    # By what is kept, not by the kind: its own hash would take longer than all the rest.
    alike: defaultdict[tuple[str, str], list[InHand]] = defaultdict(list)
    for row in rows:
        kind = kinds.get(row[0])
        kept = row[6:8] if kind is None else (kind.modality, kind.region.value)
        alike[kept].append(InHand(*row[:6]))
    return {ExamKind(modality, Region(region)): own for (modality, region), own in alike.items()}


def _find_anew(rows: Iterable[tuple[Any, ...]]) -> Mapping[int, ExamKind]:
    anew = [row for row in rows if row[8] is not None]
    kinds = find_kinds([row[8:] for row in anew])
    return {row[0]: kind for row, kind in zip(anew, kinds, strict=True)}


def _select_in_hand() -> Select[*tuple[Any, ...]]:
    """Select them in one pass; only those are described of which no known kind is kept."""
    given, claimed, asked = cases_named("case_ids"), _find_claims(), _gather_asked()
    in_hand = func.coalesce(claimed.c.case_id, asked.c.case_id)
    due_at = func.coalesce(Case.signed_due_at, Case.created_at)
    due_by = bindparam("due_by", type_=TIMESTAMP(timezone=True))
    is_given = given.c.case_id.is_not(None)
    is_known = Case.exam_region.in_([each.value for each in Region])
    is_anew = or_(is_given, is_known.is_not(true()))
    said = (each.scalar_subquery() for each in select_said())
    return (
        select(
            Case.id,
            due_at,
            asked.c.radiologist_ids,
            claimed.c.radiologist_id,
            claimed.c.claimed_at,
            claimed.c.is_aside,
            Case.exam_modality,
            Case.exam_region,
            *(case((is_anew, each)) for each in (Case.description, *said)),
        )
        .select_from(asked)
        .join(claimed, claimed.c.case_id == asked.c.case_id, full=True)
        .join(given, given.c.case_id == in_hand, full=True)
        .join(Case, Case.id == func.coalesce(given.c.case_id, in_hand))
        .where(or_(is_given, claimed.c.case_id.is_not(None), due_by >= due_at))
    )


def _find_claims() -> Subquery:
    is_aside = Claim.stage.in_(_ASIDE).label("is_aside")
    return (
        select(Claim.case_id, Claim.radiologist_id, Claim.claimed_at, is_aside)
        .where(Claim.ended_at.is_(None))
        .subquery()
    )


def _gather_asked() -> Subquery:
    # As the driver reads it: nothing is to be done to each of hundreds of arrays.
    asked = func.array_agg(Nomination.radiologist_id, type_=NullType())
    return (
        select(Nomination.case_id, asked.label("radiologist_ids"))
        .where(Nomination.ended_at.is_(None))
        .group_by(Nomination.case_id)
        .subquery()
    )


_IN_HAND = Query(_select_in_hand(), read=_read_in_hand)
