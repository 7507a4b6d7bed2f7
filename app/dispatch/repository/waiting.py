"""How cases stand before they are decided: their clocks, who is asked, what is to be sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    Select,
    and_,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.sla import Sla
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent, CaseSla
from app.db.arrays import any_of_few
from app.db.together import Query, Question, ask
from app.dispatch.domain.notification import NOT_AVAILABLE
from app.dispatch.domain.transfers import StudyToSend
from app.dispatch.models import Claim, Decision, Nomination
from app.dispatch.repository.transfers import gather_to_send, read_to_send

_NOMINATED = CaseState.NOMINATED.value
_GIVEN_UP = ("released", "opened")
"""How a claim ends that its reader has given back, or that was opened as they gave no sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """How a case that nobody has taken stands; instants are aware."""

    sla: Sla
    offered_at: datetime | None
    """Since when it has been offered and not taken: the steps of its SLA count from there. What a
    human does starts the count anew: a claim that ends, a reader named by the coordinator, another
    priority."""
    nobody_since: datetime | None
    """Since when it could be offered to nobody, by its clocks; nothing: it never was decided."""
    nominees: Mapping[int, bool]
    """To whom it is offered now, and whether they have said that they have seen it."""
    unseen_since: datetime | None
    """When the last of those who had said so before was no longer asked."""
    declined: frozenset[int]
    """Who has given it back, or is not available for it."""
    to_send: tuple[StudyToSend, ...]

    @property
    def is_acknowledged(self) -> bool:
        """Has somebody to whom it is offered now said that they have seen it?"""
        return any(self.nominees.values())

    def ask(self, nominees: Collection[int], *, now: datetime) -> Self:
        """Say how it stands when these are asked, and nobody else any more."""
        left = [who for who, has_seen in self.nominees.items() if has_seen and who not in nominees]
        return replace(
            self,
            nominees={who: self.nominees.get(who, False) for who in nominees},
            unseen_since=now if left else self.unseen_since,
        )


async def find_unclaimed(session: AsyncSession, case_id: int) -> Unclaimed:
    """Find how a case stands."""
    return (await ask(session, ask_unclaimed([case_id])))[case_id]


def ask_unclaimed(case_ids: Collection[int]) -> Question[dict[int, Unclaimed]]:
    """Ask how cases stand, by case."""
    return _UNCLAIMED.of(case_ids=list(case_ids))


def _read_unclaimed(rows: Sequence[tuple[Any, ...]]) -> dict[int, Unclaimed]:
    return {row[0]: _read(row) for row in rows}


def _read(row: tuple[Any, ...]) -> Unclaimed:
    _, priority, signed_within_s, steps, set_at, anew_at, changed_at, decided_at = row[:8]
    nominees, unseen_since, declined, to_send = row[8:]
    return Unclaimed(
        sla=Sla.from_json(priority, signed_within_s, steps),
        offered_at=None if anew_at is None else max(anew_at, changed_at or anew_at),
        nobody_since=None if decided_at is None else max(decided_at, set_at),
        nominees={int(who): has_seen for who, has_seen in (nominees or {}).items()},
        unseen_since=unseen_since,
        declined=frozenset(declined),
        to_send=read_to_send(to_send or ()),
    )


def _select_unclaimed() -> Select[*tuple[Any, ...]]:
    clocks = (
        select(CaseSla.priority, CaseSla.signed_within_s, CaseSla.steps, CaseSla.at)
        .where(CaseSla.case_id == Case.id)
        .order_by(CaseSla.id.desc())
        .limit(1)
        .lateral()
    )
    offered = _select_offered().lateral()
    decided_at = select(func.min(Decision.at)).where(Decision.case_id == Case.id)
    return (
        select(
            Case.id,
            *clocks.c,
            *offered.c,
            decided_at.scalar_subquery().label("decided_at"),
            *_select_asked(),
            gather_to_send(Case.id).label("to_send"),
        )
        .select_from(Case)
        .join(clocks, true())
        .join(offered, true())
        .where(Case.id == any_of_few("case_ids"))
    )


def _select_offered() -> Select[datetime | None, datetime | None]:
    is_anew = and_(
        CaseEvent.state_to == _NOMINATED,
        or_(CaseEvent.by_user_id.is_not(None), CaseEvent.state_from.is_distinct_from(_NOMINATED)),
    )
    is_changed = CaseEvent.kind == EventKind.PRIORITY_CHANGED.value
    return select(
        func.max(CaseEvent.at).filter(is_anew).label("anew_at"),
        func.max(CaseEvent.at).filter(is_changed).label("changed_at"),
    ).where(CaseEvent.case_id == Case.id)


def _select_asked() -> tuple[Any, ...]:
    has_seen = Nomination.acknowledged_at.is_not(None)
    of_case = Nomination.case_id == Case.id
    nominees = select(
        func.jsonb_object_agg(Nomination.radiologist_id, has_seen, type_=JSONB)
    ).where(of_case, Nomination.ended_at.is_(None))
    unseen_since = select(func.max(Nomination.ended_at)).where(of_case, has_seen)
    given_back = select(Claim.radiologist_id).where(
        Claim.case_id == Case.id, Claim.end_reason.in_(_GIVEN_UP)
    )
    refused = select(Nomination.radiologist_id).where(
        of_case, Nomination.end_reason == NOT_AVAILABLE
    )
    declined = union(given_back.correlate(Case), refused.correlate(Case))
    return (
        nominees.scalar_subquery().label("nominees"),
        unseen_since.scalar_subquery().label("unseen_since"),
        func.array(declined.scalar_subquery()).label("declined"),
    )


_UNCLAIMED = Query(_select_unclaimed(), read=_read_unclaimed)
