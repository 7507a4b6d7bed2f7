"""Queries on who is to be told of a case."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.cases.models import Case
from app.db.arrays import any_of_few
from app.directory.models import Radiologist, Site, User
from app.dispatch.domain.notification import Answer, Channel
from app.dispatch.models import Nomination, Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody to whom a case is offered, and who has not said that they have seen it."""

    case_id: int
    priority: str
    step: int
    """At which they are told."""
    nomination_id: int
    radiologist_id: int
    telephone: str
    email: str | None
    has_mail: bool
    """Was a mail about this nomination asked for before?"""
    has_declined: bool
    """Have they said at that step, on the telephone, that they are not available?"""
    told_by: Sequence[str]
    """The channels by which they were told of it at that step."""
    zone: str
    """Of the site."""


async def list_told(session: AsyncSession, case_ids: Collection[int]) -> list[Told]:
    """List who is to be told of cases at the steps that these have reached, by id."""
    return _read_told(await session.execute(_TOLD, {"case_ids": list(case_ids)}))


async def list_told_again(session: AsyncSession, missed_ids: Sequence[int]) -> list[Told]:
    """List who is still to be told of what some notifications offered them, at their steps."""
    return _read_told(await session.execute(_TOLD_AGAIN, {"missed": missed_ids}))


def _read_told(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Told]:
    return [Told(**row._mapping) for row in rows]  # noqa: SLF001 - the library's documented name


def _select_told(at_step: InstrumentedAttribute[int]) -> Select[*tuple[Any, ...]]:
    asked = aliased(Notification)
    own = select(asked.channel).where(asked.nomination_id == Nomination.id)
    has_mail = own.where(asked.channel == Channel.MAIL.value).correlate(Nomination).exists()
    told_by = own.where(asked.step == at_step).correlate(Nomination, Case, Notification)
    return (
        select(
            Nomination.case_id,
            Case.priority,
            at_step.label("step"),
            Nomination.id.label("nomination_id"),
            Nomination.radiologist_id,
            Radiologist.telephone,
            User.email,
            has_mail.label("has_mail"),
            _has_declined(at_step).label("has_declined"),
            func.array(told_by.scalar_subquery()).label("told_by"),
            Site.zone,
        )
        .join(Case, Case.id == Nomination.case_id)
        .join(Site, Site.id == Case.site_id)
        .join(Radiologist, Radiologist.id == Nomination.radiologist_id)
        .outerjoin(User, (User.radiologist_id == Radiologist.id) & User.disabled_at.is_(None))
        .where(Nomination.ended_at.is_(None), Nomination.acknowledged_at.is_(None))
        .order_by(Nomination.case_id, Nomination.radiologist_id)
    )


def _has_declined(step: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    said = aliased(Notification)
    return (
        select(said.id)
        .where(
            said.case_id == Nomination.case_id,
            said.radiologist_id == Nomination.radiologist_id,
            said.step == step,
            said.answer == Answer.NOT_AVAILABLE.value,
        )
        .correlate(Nomination, Case, Notification)
        .exists()
    )


_TOLD = _select_told(Case.step).where(Nomination.case_id == any_of_few("case_ids"))
_TOLD_AGAIN = (
    _select_told(Notification.step)
    .join(Notification, Notification.nomination_id == Nomination.id)
    .where(Notification.id == any_of_few("missed"))
)
