"""Queries on notifications that are due: missed by a page, claimed, given up, tried.

They run with each look of the job that sends: each is built once, here.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import NOW
from app.dispatch.domain.notification import (
    Channel,
    NotificationAction,
    NotificationState,
    follow,
)
from app.dispatch.models import Notification, NotificationTry

_DUE, _SENDING = NotificationState.DUE.value, NotificationState.SENDING.value
_INSTANT = TIMESTAMP(timezone=True)

# As expressions of their own: what is limited and locked is read once.
_UNCONFIRMED = (
    select(Notification.id)
    .where(
        Notification.state == _DUE,
        Notification.channel == Channel.BROWSER.value,
        Notification.due_at <= NOW,
    )
    .order_by(Notification.due_at, Notification.id)
    .limit(bindparam("most", type_=BigInteger))
    .with_for_update(skip_locked=True)
    .cte("unconfirmed")
)
_MISS = (
    update(Notification)
    .where(Notification.id.in_(select(_UNCONFIRMED.c.id)))
    .values(
        state=follow(NotificationState.DUE, NotificationAction.MISS).value,
        due_at=None,
        last_error=bindparam("why", type_=Text),
    )
    .returning(Notification.id, Notification.priority)
    .execution_options(synchronize_session=False)
)


async def miss_unconfirmed(
    session: AsyncSession, *, why: str, now: datetime, limit: int
) -> list[tuple[int, str]]:
    """Keep which no page has confirmed in time, with their priorities; what another holds waits."""
    rows = await session.execute(_MISS, {"now": now, "most": limit, "why": why})
    return [(missed_id, priority) for missed_id, priority in rows]


_MOST_URGENT = (
    select(Notification.id)
    .where(
        Notification.channel == any_(bindparam("channels", type_=ARRAY(Text))),
        or_(
            (Notification.state == _DUE) & (Notification.due_at <= NOW),
            (Notification.state == _SENDING) & (Notification.claimed_until <= NOW),
        ),
    )
    .order_by(Notification.priority, Notification.channel, Notification.due_at, Notification.id)
    .limit(bindparam("most", type_=BigInteger))
    .with_for_update(skip_locked=True)
    .cte("most_urgent")
)
_CLAIM = (
    update(Notification)
    .where(Notification.id.in_(select(_MOST_URGENT.c.id)))
    .values(
        state=_SENDING,
        due_at=None,
        token=bindparam("claim", type_=Uuid),
        claimed_until=bindparam("until", type_=_INSTANT),
        tries=Notification.tries + 1,
    )
    .returning(Notification)
    .execution_options(synchronize_session=False, populate_existing=True)
)
_BEGIN = insert(NotificationTry)


async def claim(
    session: AsyncSession,
    *,
    channels: Collection[Channel],
    now: datetime,
    until: datetime,
    limit: int,
) -> tuple[list[Notification], uuid.UUID]:
    """Claim what is most urgent of what is due, calls before mails; begin a try of each."""
    token = uuid.uuid4()
    named = sorted(each.value for each in channels)
    values = {"now": now, "until": until, "claim": token, "channels": named, "most": limit}
    claimed = (await session.scalars(_CLAIM, values)).all()
    begun = [
        {"notification_id": each.id, "number": each.tries, "started_at": now} for each in claimed
    ]
    if begun:
        await session.execute(_BEGIN, begun)
    return sorted(claimed, key=lambda each: (each.priority, each.channel, each.id)), token


def _give_up() -> Insert:
    """Give up what is due of a channel, and keep a try of each that was over at once."""
    given_up = (
        update(Notification)
        .where(Notification.id.in_(select(_MOST_URGENT.c.id)))
        .values(
            state=NotificationState.GIVEN_UP.value,
            due_at=None,
            token=None,
            claimed_until=None,
            tries=Notification.tries + 1,
            last_error=bindparam("error", type_=Text),
        )
        .returning(Notification.id, Notification.tries)
        .execution_options(synchronize_session=False)
        .cte("given_up")
    )
    outcome, detail = bindparam("outcome", type_=Text), bindparam("detail", type_=Text)
    kept = select(given_up.c.id, given_up.c.tries, NOW, NOW, outcome, detail)
    columns = ["notification_id", "number", "started_at", "ended_at", "outcome", "detail"]
    # The table itself: what is inserted is read from rows, and no list of values follows.
    table = NotificationTry.__table__
    return insert(table).from_select(columns, kept)  # type: ignore[arg-type]


_GIVE_UP = _give_up()


async def give_up(
    session: AsyncSession,
    channel: Channel,
    *,
    outcome: str,
    detail: str,
    error: str,
    now: datetime,
    limit: int,
) -> None:
    """Give up what is due of a channel that nobody carries, each with its try."""
    values = {"channels": [channel.value], "outcome": outcome, "detail": detail, "error": error}
    await session.execute(_GIVE_UP, {"now": now, "most": limit} | values)


async def end_try(
    session: AsyncSession,
    *,
    notification_id: int,
    number: int,
    outcome: str,
    detail: str,
    now: datetime,
) -> None:
    """Keep how a try ended."""
    await session.execute(
        update(NotificationTry)
        .where(
            NotificationTry.notification_id == notification_id,
            NotificationTry.number == number,
        )
        .values(ended_at=now, outcome=outcome, detail=detail)
        .execution_options(synchronize_session=False)
    )


_NEXT_DUE = select(
    # The least of those that are known.
    func.least(
        select(func.min(Notification.due_at)).where(Notification.state == _DUE).scalar_subquery(),
        select(func.min(Notification.claimed_until))
        .where(Notification.state == _SENDING)
        .scalar_subquery(),
        type_=_INSTANT,
    )
)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next one is due, or the next claim of one runs out."""
    found: datetime | None = await session.scalar(_NEXT_DUE)
    return found
