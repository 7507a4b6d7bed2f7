"""Offers: decision, nominations and move of many cases, in one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    TableValuedAlias,
    Text,
    func,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseAction, CaseState, MoveRefused, next_state, states_before
from app.cases.models import Case
from app.db.arrays import rows_named, write_instant
from app.db.clock import NOW
from app.dispatch.domain.exams import ExamKind
from app.dispatch.models import Decision, Nomination
from app.dispatch.repository.decisions import Decided, write_decided
from app.dispatch.repository.exam_kinds import write_kind

_AWARE = TIMESTAMP(timezone=True)
_ACTION = CaseAction.NOMINATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A case that is offered to readers by a decision."""

    decided: Decided
    fresh: tuple[int, ...]
    """Who of them was not asked before."""
    reason: str
    dispatch_due_at: datetime | None
    expected_read_s: int
    kind: ExamKind
    step_due_at: datetime | None


async def add_offers(session: AsyncSession, offers: Collection[Offer], *, now: datetime) -> None:
    """Keep the decisions, ask who was not asked before, and move the cases.

    Raises
    ------
    MoveRefused
        If a case stands where it cannot be offered; the caller holds all of them.
    """
    moved = await session.scalar(
        _OFFER,
        {
            "now": now,
            "offers": [_write(each) for each in offers],
            "asked": [
                {"case_id": each.decided.case_id, "radiologist_id": who}
                for each in offers
                for who in each.fresh
            ],
        },
    )
    if moved != len(offers):
        raise MoveRefused(CaseState.READING, _ACTION)


def _write(offer: Offer) -> dict[str, Any]:
    return {
        **write_decided(offer.decided),
        "next_deadline": write_instant(offer.decided.decision.next_deadline),
        "reason": offer.reason,
        "dispatch_due_at": write_instant(offer.dispatch_due_at),
        "expected_read_s": offer.expected_read_s,
        "step_due_at": write_instant(offer.step_due_at),
        **write_kind(offer.kind),
    }


_OFFERS = rows_named(
    "offers",
    {
        "case_id": BigInteger,
        "cause": Text,
        "rule_version": Text,
        "inputs": JSONB,
        "ranking": JSONB,
        "exclusions": JSONB,
        "next_deadline": _AWARE,
        "reason": Text,
        "dispatch_due_at": _AWARE,
        "expected_read_s": BigInteger,
        "exam_modality": Text,
        "exam_region": Text,
        "step_due_at": _AWARE,
    },
)
_ASKED = rows_named("asked", {"case_id": BigInteger, "radiologist_id": BigInteger})


def _write_offers() -> Select[int]:
    decided = _add_decisions(_OFFERS)
    asked = select(_ASKED.c.case_id, _ASKED.c.radiologist_id, decided.c.id, NOW).join(
        decided, decided.c.case_id == _ASKED.c.case_id
    )
    names = ["case_id", "radiologist_id", "decision_id", "nominated_at"]
    nominated = insert(Nomination).from_select(names, asked).cte("nominated")
    moved = _move(_OFFERS)
    return select(func.count()).select_from(moved).add_cte(nominated)


def _add_decisions(given: TableValuedAlias) -> CTE:
    names = ["case_id", "cause", "rule_version", "inputs", "ranking", "exclusions", "next_deadline"]
    kept = select(*(given.c[name] for name in names), NOW)
    added = insert(Decision).from_select([*names, "at"], kept)
    return added.returning(Decision.id, Decision.case_id).cte("decided")


def _move(given: TableValuedAlias) -> CTE:
    (target,) = {next_state(state, _ACTION) for state in states_before(_ACTION)}
    return (
        update(Case)
        .where(
            Case.id == given.c.case_id,
            Case.state.in_([each.value for each in states_before(_ACTION)]),
        )
        .values(
            state=target.value,
            state_at=NOW,
            state_by=null(),
            state_reason=given.c.reason,
            dispatch_due_at=given.c.dispatch_due_at,
            dispatch_cause=null(),
            expected_read_s=given.c.expected_read_s,
            exam_modality=given.c.exam_modality,
            exam_region=given.c.exam_region,
            step_due_at=given.c.step_due_at,
        )
        .returning(Case.id)
        .cte("moved")
    )


_OFFER = _write_offers()
