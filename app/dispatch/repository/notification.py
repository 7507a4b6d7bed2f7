"""Queries on notifications, and on whom they are for."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    any_,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.cases.models import Case
from app.db.arrays import keys_named
from app.directory.models import Radiologist, Site, User
from app.dispatch.domain.notification import (
    Answer,
    Channel,
    NotificationState,
)
from app.dispatch.models import Nomination, Notification
from app.kit.errors import NotFound

_DUE, _SENDING = NotificationState.DUE.value, NotificationState.SENDING.value
_BROWSER = Channel.BROWSER.value
_INSTANT = TIMESTAMP(timezone=True)
_NOW = bindparam("now", type_=_INSTANT)


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


async def list_told(session: AsyncSession, *, case_id: int) -> list[Told]:
    """List who is to be told of a case at the step that it has reached, by id."""
    return _read_told(await session.execute(_TOLD, {"case_id": case_id}))


async def list_told_again(session: AsyncSession, missed_ids: Sequence[int]) -> list[Told]:
    """List who is still to be told of what some notifications offered them, at their steps."""
    return _read_told(await session.execute(_TOLD_AGAIN, {"missed": missed_ids}))


def _read_told(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Told]:
    return [Told(**row._mapping) for row in rows]  # noqa: SLF001 - the library's documented name


def _select_told(at_step: InstrumentedAttribute[int]) -> Select[*tuple[Any, ...]]:
    mail = aliased(Notification)
    has_mail = (
        select(mail.id)
        .where(mail.nomination_id == Nomination.id, mail.channel == Channel.MAIL.value)
        .correlate(Nomination)
        .exists()
    )
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
        )
        .join(Case, Case.id == Nomination.case_id)
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


_TOLD = _select_told(Case.step).where(Nomination.case_id == bindparam("case_id", type_=BigInteger))
_TOLD_AGAIN = (
    _select_told(Notification.step)
    .join(Notification, Notification.nomination_id == Nomination.id)
    .where(Notification.id == any_(keys_named("missed")))
)


async def add_notifications(session: AsyncSession, values: Sequence[dict[str, object]]) -> int:
    """Ask for notifications that were not asked for before; say how many are new."""
    if not values:
        return 0
    added = await session.scalars(
        insert(Notification)
        .on_conflict_do_nothing(constraint="uq_notification_nomination_id_step_channel")
        .returning(Notification.id),
        list(values),
    )
    return len(added.all())


async def lock_notification(session: AsyncSession, notification_id: int) -> Notification | None:
    """Lock a notification."""
    rows = await session.scalars(_lock().where(Notification.id == notification_id))
    return rows.one_or_none()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Which case a notification offers, to whom."""

    case_id: int
    nomination_id: int
    radiologist_id: int


def offer_of(row: Notification) -> Offered:
    """Give what a notification offers.

    Raises
    ------
    NotFound
        If it is of no case.
    """
    if row.case_id is None or row.nomination_id is None or row.radiologist_id is None:
        raise NotFound(f"notification {row.id} is of no case")
    return Offered(
        case_id=row.case_id, nomination_id=row.nomination_id, radiologist_id=row.radiologist_id
    )


@dataclass(frozen=True, slots=True)
class Known:
    """A notification that the service outside knows, without a lock."""

    case_id: int | None


async def find_known(session: AsyncSession, reference: uuid.UUID) -> Known | None:
    """Find a notification by what the service outside knows it by, and of which case it is."""
    query = select(Notification.case_id).where(Notification.reference == reference)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Known(row.case_id)


async def lock_by_reference(session: AsyncSession, reference: uuid.UUID) -> Notification:
    """Lock the notification that the service outside knows by this; it must be there."""
    return (await session.scalars(_lock().where(Notification.reference == reference))).one()


def _lock() -> Select[Notification]:
    return select(Notification).with_for_update().execution_options(populate_existing=True)


async def change(session: AsyncSession, notification_id: int, **columns: object) -> None:
    """Change a locked notification; only what waits has an instant, what is tried a claim."""
    state = columns["state"]
    cleared: dict[str, object] = {}
    if state != _DUE:
        cleared["due_at"] = None
    if state != _SENDING:
        cleared |= {"token": None, "claimed_until": None}
    await session.execute(
        update(Notification)
        .where(Notification.id == notification_id)
        .values(**cleared | columns)
        .execution_options(synchronize_session=False)
    )


async def end_nomination(
    session: AsyncSession, nomination_id: int, *, reason: str, now: datetime
) -> bool:
    """Take a case back from one to whom it is offered; false when it was not any more."""
    ended = await session.scalar(
        update(Nomination)
        .where(Nomination.id == nomination_id, Nomination.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
        .returning(Nomination.id)
    )
    return ended is not None


async def find_person(session: AsyncSession, radiologist_id: int) -> tuple[int | None, str]:
    """Find the login of a radiologist, and their name."""
    row = (
        await session.execute(
            select(User.id, Radiologist.given_name, Radiologist.family_name)
            .select_from(Radiologist)
            .outerjoin(User, User.radiologist_id == Radiologist.id)
            .where(Radiologist.id == radiologist_id)
        )
    ).one()
    return row.id, f"Dr {row.given_name} {row.family_name}"


_SITES = (
    select(Case.id, Site.prefix, Site.language)
    .join(Site, Site.id == Case.site_id)
    .where(Case.id == any_(keys_named("cases")))
)


async def list_sites(
    session: AsyncSession, case_ids: Collection[int]
) -> dict[int, tuple[str, str]]:
    """List the code and the language of the sites of some cases, by case."""
    rows = await session.execute(_SITES, {"cases": sorted(case_ids)})
    return {case_id: (prefix, language) for case_id, prefix, language in rows}


async def find_site(session: AsyncSession, case_id: int) -> Site:
    """Find the site of a case."""
    rows = await session.scalars(
        select(Site).join(Case, Case.site_id == Site.id).where(Case.id == case_id)
    )
    return rows.one()
