"""Queries on notifications, and on whom they are for."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.db.arrays import keys_named, rows_named, write_instant
from app.db.clock import NOW
from app.directory.models import Radiologist, Site, User
from app.dispatch.domain.notification import Channel, NotificationState, Purpose
from app.dispatch.models import Nomination, Notification
from app.kit.errors import NotFound

_DUE, _SENDING = NotificationState.DUE.value, NotificationState.SENDING.value
_BROWSER = Channel.BROWSER.value
_INSTANT = TIMESTAMP(timezone=True)


async def add_notifications(session: AsyncSession, values: Sequence[dict[str, Any]]) -> int:
    """Ask for notifications that were not asked for before; say how many are new."""
    if not values:
        return 0
    rows = [row | {each: write_instant(row[each]) for each in _INSTANTS} for row in values]
    return (await session.execute(_ADD, {"given": rows})).scalar_one()


def _write_add() -> Select[int]:
    columns: dict[str, Any] = {
        "case_id": BigInteger(),
        "nomination_id": BigInteger(),
        "radiologist_id": BigInteger(),
        "step": BigInteger(),
        "channel": Text(),
        "priority": Text(),
        "address": Text(),
        **dict.fromkeys(_INSTANTS, _INSTANT),
    }
    given = rows_named("given", columns | {"purpose": Text()})
    purpose = func.coalesce(given.c.purpose, Purpose.OFFER.value)
    added = (
        insert(Notification)
        .from_select([*columns, "purpose"], select(*(given.c[each] for each in columns), purpose))
        .on_conflict_do_nothing(constraint="uq_notification_nomination_id_step_channel")
        .returning(Notification.id)
        .cte("added")
    )
    return select(func.count()).select_from(added)


_INSTANTS = ("created_at", "due_at")
_ADD = _write_add()


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


_LOCK_OWN = (
    select(Notification.id, Notification.state, Notification.priority)
    .where(
        Notification.id == any_(keys_named("notification_ids")),
        Notification.radiologist_id == bindparam("reader", type_=BigInteger),
        Notification.channel == _BROWSER,
    )
    .order_by(Notification.id)
    .with_for_update()
)


async def lock_own(
    session: AsyncSession, notification_ids: Collection[int], *, radiologist_id: int
) -> Sequence[Row[int, str, str]]:
    """Lock those that are for pages of this reader, by id; give id, state and priority of each."""
    values = {"notification_ids": list(notification_ids), "reader": radiologist_id}
    return (await session.execute(_LOCK_OWN, values)).all()


_KEEP_SHOWN = (
    update(Notification)
    .where(Notification.id == any_(keys_named("notification_ids")))
    .values(
        state=bindparam("stands", type_=Text),
        due_at=None,
        shown_at=func.coalesce(Notification.shown_at, NOW),
        last_error=bindparam("error", type_=Text),
    )
    .execution_options(synchronize_session=False)
)


async def keep_shown(
    session: AsyncSession,
    notification_ids: Sequence[int],
    *,
    state: NotificationState,
    error: str | None,
    now: datetime,
) -> None:
    """Keep of locked notifications that a page has shown them, and where they stand since."""
    values = {"notification_ids": notification_ids, "stands": state.value, "error": error}
    await session.execute(_KEEP_SHOWN, values | {"now": now})


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
