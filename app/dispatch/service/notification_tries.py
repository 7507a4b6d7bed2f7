"""Use cases of a try: claim what is due, keep how each try ended, give up what nobody carries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.notification import (
    Channel,
    NotificationAction,
    NotificationState,
    Purpose,
    follow,
)
from app.dispatch.models import Notification
from app.dispatch.repository import notification as repository
from app.dispatch.repository import notification_due as due

LEASE = timedelta(minutes=1)
"""How long a claim holds; longer than any try may take."""
_MOST_GIVEN_UP = 500
"""At once; the next look takes the others."""
_LANGUAGE = "fr"
"""Of what is of no site: the language of those on guard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notification that is being tried, with what is needed to send it."""

    notification_id: int
    reference: UUID
    token: UUID
    number: int
    """Of the try, from 1."""
    started_at: datetime
    purpose: Purpose
    channel: Channel
    address: str
    case_id: int | None
    """Of an offer alone."""
    priority: str
    site: str | None
    """The site's code."""
    language: str


async def claim(
    session: AsyncSession, *, channels: Collection[Channel], now: datetime, limit: int
) -> list[Claimed]:
    """Claim the most urgent notifications that are due, for a try of each.

    Parameters
    ----------
    channels
        Those that somebody carries.
    limit
        How many at most, >= 0.
    """
    if not channels or not limit:
        return []
    rows, token = await due.claim(
        session, channels=channels, now=now, until=now + LEASE, limit=limit
    )
    case_ids = {each.case_id for each in rows if each.case_id is not None}
    sites = await repository.list_sites(session, case_ids) if case_ids else {}
    return [_describe(row, token=token, sites=sites, now=now) for row in rows]


def _describe(
    row: Notification, *, token: UUID, sites: Mapping[int, tuple[str, str]], now: datetime
) -> Claimed:
    site, language = (None, _LANGUAGE) if row.case_id is None else sites[row.case_id]
    return Claimed(
        notification_id=row.id,
        reference=row.reference,
        token=token,
        number=row.tries,
        started_at=now,
        purpose=Purpose(row.purpose),
        channel=Channel(row.channel),
        address=row.address,
        case_id=row.case_id,
        priority=row.priority,
        site=site,
        language=language,
    )


async def give_up_uncarried(
    session: AsyncSession, channel: Channel, *, outcome: str, detail: str, now: datetime
) -> None:
    """Give up what is due of a channel that nobody carries; each keeps that it was tried, and how.

    What stands there afterwards is what a try would have left that was refused for good.
    """
    await due.give_up(
        session,
        channel,
        outcome=outcome,
        detail=detail,
        error=write_error(outcome, detail),
        now=now,
        limit=_MOST_GIVEN_UP,
    )


def write_error(outcome: str, detail: str) -> str:
    """Write in one line how a try failed."""
    return ": ".join(filter(None, (outcome, detail)))


async def keep_try(
    session: AsyncSession, claimed: Claimed, *, outcome: str, detail: str, now: datetime
) -> Notification | None:
    """Keep how a try ended; give the notification if the claim still stands, locked."""
    row = await repository.lock_notification(session, claimed.notification_id)
    await due.end_try(
        session,
        notification_id=claimed.notification_id,
        number=claimed.number,
        outcome=outcome,
        detail=detail,
        now=now,
    )
    return row if row is not None and row.token == claimed.token else None


async def end_claim(
    session: AsyncSession,
    row: Notification,
    *,
    action: NotificationAction,
    due_at: datetime | None,
    error: str | None,
    now: datetime,
) -> None:
    """Let go of a notification after a try: it was taken, is tried again, or given up."""
    state = follow(NotificationState(row.state), action)
    columns: dict[str, object] = {"state": state.value, "due_at": due_at, "last_error": error}
    if state is NotificationState.SENT:
        columns["sent_at"] = now
    await repository.change(session, row.id, **columns)
