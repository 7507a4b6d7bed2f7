"""Queries on what readers have in hand, and on what each society has read on a guard."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Date,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.db.arrays import keys_named
from app.directory.models import RadiologistSociety
from app.dispatch.domain.exams import ExamKind
from app.dispatch.domain.loads import Load
from app.dispatch.domain.read_times import ReadTimes
from app.dispatch.domain.watch import ASIDE
from app.dispatch.models import Claim, Nomination
from app.dispatch.repository.exam_kinds import group_by_kind

_ASIDE = frozenset(stage.value for stage in ASIDE)
_THEIRS, _BUT = keys_named("radiologist_ids"), bindparam("but", type_=BigInteger)


async def list_loads(
    session: AsyncSession,
    radiologist_ids: Collection[int],
    *,
    times: ReadTimes,
    but: int,
    due_by: datetime,
) -> tuple[list[Load], ExamKind]:
    """List what these readers read, and what is offered to them, without one case; and its kind.

    The kinds of all cases are read at once.

    Parameters
    ----------
    due_by
        What is offered and due later is left out: it is read later. Aware.
    """
    of = {"radiologist_ids": list(radiologist_ids), "but": but, "due_by": due_by}
    found = (await session.execute(_LOADS, of)).all()
    kinds = await group_by_kind(session, {row.case_id for row in found} | {but})
    expected: dict[int, Mapping[int, float]] = {}
    for kind, alike in kinds.items():
        expected |= dict.fromkeys(alike, times.expect_each(kind))
    loads = [
        Load(
            radiologist_id=who,
            minutes=expected[case_id][who],
            signed_due_at=due,
            offered_to=offered_to,
            claimed_at=claimed_at,
            is_aside=stage in _ASIDE,
        )
        for who, case_id, due, claimed_at, stage, offered_to in found
    ]
    return loads, next(kind for kind, alike in kinds.items() if but in alike)


_AWARE = TIMESTAMP(timezone=True)
_DUE_AT = func.coalesce(Case.signed_due_at, Case.created_at)
_DUE = _DUE_AT.label("due")


def _select_loads() -> CompoundSelect[*tuple[Any, ...]]:
    return _select_read().union_all(_select_offered())


def _select_read() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Claim.radiologist_id,
            Claim.case_id,
            _DUE,
            Claim.claimed_at,
            Claim.stage,
            literal(1, BigInteger).label("offered_to"),
        )
        .join(Case, Case.id == Claim.case_id)
        .where(
            Claim.radiologist_id == any_(_THEIRS), Claim.ended_at.is_(None), Claim.case_id != _BUT
        )
    )


def _select_offered() -> Select[*tuple[Any, ...]]:
    every = aliased(Nomination)
    asked = (
        select(every.case_id, func.count().label("count"))
        .where(every.ended_at.is_(None))
        .group_by(every.case_id)
        .subquery()
    )
    return (
        select(
            Nomination.radiologist_id,
            Nomination.case_id,
            _DUE,
            cast(null(), _AWARE),
            cast(null(), Text),
            asked.c.count,
        )
        .join(Case, Case.id == Nomination.case_id)
        .join(asked, asked.c.case_id == Nomination.case_id)
        .where(
            Nomination.radiologist_id == any_(_THEIRS),
            Nomination.ended_at.is_(None),
            Nomination.case_id != _BUT,
            bindparam("due_by", type_=_AWARE) >= _DUE_AT,
        )
    )


_LOADS = _select_loads()


async def count_read(session: AsyncSession, *, since: datetime, on: date) -> dict[int, int]:
    """Count the cases that members of each society read or have signed, taken since an instant.

    Parameters
    ----------
    on
        The day whose memberships count.
    """
    rows = await session.execute(_READ, {"since": since, "on": on})
    return {row[0]: row[1] for row in rows.all()}


_READ = (
    select(RadiologistSociety.society_id, func.count())
    .join(Claim, Claim.radiologist_id == RadiologistSociety.radiologist_id)
    .where(
        RadiologistSociety.valid.contains(bindparam("on", type_=Date)),
        Claim.claimed_at >= bindparam("since", type_=_AWARE),
        or_(Claim.ended_at.is_(None), Claim.end_reason == "signed"),
    )
    .group_by(RadiologistSociety.society_id)
)
