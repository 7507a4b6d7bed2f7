"""Use cases of notifications: ask for them, take their confirmation, try them, take an answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.notify import WORK, notify
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.dispatch.domain.notification import (
    NOT_AVAILABLE,
    SHOWN_WITHIN,
    SILENT,
    URGENT,
    Channel,
    NotificationAction,
    NotificationState,
    Purpose,
    find_call_at,
    find_channels,
    follow,
)
from app.dispatch.models import Notification
from app.dispatch.repository import notification as repository
from app.dispatch.repository.notification import Told
from app.dispatch.repository.notification_moot import cancel_moot
from app.kit.errors import Conflict, NotFound

NOTIFICATIONS = "notifications"
"""The job that sends them."""
LEASE = timedelta(minutes=1)
"""How long a claim holds; longer than any try may take."""
_BATCH = 50
"""How many pages that have not confirmed are taken at once; the next look takes the others."""
_LANGUAGE = "fr"
"""Of what is of no site: the language of those on guard."""
_A, _S = NotificationAction, NotificationState


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


async def notify_readers(session: AsyncSession, case_id: int, *, now: datetime) -> int:
    """Tell everybody to whom a case is offered, and who has not seen it: once for each step.

    Returns
    -------
    int
        How many notifications are new.
    """
    told = await repository.list_told(session, case_id=case_id)
    if not told:
        return 0
    call_at = await _find_call_at(session, case_id, told[0].priority, now=now)
    values = [
        row
        for each in told
        for channel in find_channels(each.priority, step=each.step)
        if (row := _write_row(each, channel=channel, call_at=call_at, now=now)) is not None
    ]
    added = await repository.add_notifications(session, values)
    if added:
        await notify(session, channel=WORK, payload=NOTIFICATIONS)
    return added


async def _find_call_at(
    session: AsyncSession, case_id: int, priority: str, *, now: datetime
) -> datetime | None:
    if priority in URGENT or priority in SILENT:
        return None if priority in SILENT else now
    begin = await read_value(session, SettingKey.QUIET_FROM_HOUR)
    end = await read_value(session, SettingKey.QUIET_UNTIL_HOUR)
    site = await repository.find_site(session, case_id)
    return find_call_at(priority, now=now, quiet=(begin, end), zone=ZoneInfo(site.zone))


def _write_row(
    told: Told, *, channel: Channel, call_at: datetime | None, now: datetime
) -> dict[str, object] | None:
    """Write one notification; nothing for who cannot be told by this, or was."""
    address, due_at = "", now + SHOWN_WITHIN
    if channel is Channel.MAIL:
        if told.email is None or told.has_mail:
            return None
        address, due_at = told.email, now
    elif channel is Channel.HOOK:
        if not told.telephone or told.has_declined or call_at is None:
            return None
        address, due_at = told.telephone, call_at
    return {
        "case_id": told.case_id,
        "nomination_id": told.nomination_id,
        "radiologist_id": told.radiologist_id,
        "step": told.step,
        "channel": channel.value,
        "priority": told.priority,
        "address": address,
        "created_at": now,
        "due_at": due_at,
    }


# ------------------------------------------------------------------------------------- the page


async def note_shown(
    session: AsyncSession,
    notification_id: int,
    *,
    radiologist_id: int,
    has_sounded: bool,
    now: datetime,
) -> NotificationState:
    """Keep that a page has shown a case; one that is mute counts only for what never rings.

    For what is urgent, the telephone is called at once when the page has not sounded.

    Raises
    ------
    NotFound
        If it is not for this reader.
    """
    row = await repository.lock_notification(session, notification_id)
    if row is None or row.radiologist_id != radiologist_id or row.channel != Channel.BROWSER:
        raise NotFound(f"there is no notification {notification_id} for you")
    state = NotificationState(row.state)
    if state in {_S.SHOWN, _S.CANCELLED}:
        return state
    if has_sounded or row.priority not in URGENT:
        state = follow(state, _A.SHOW)
        await repository.change(
            session, row.id, state=state.value, shown_at=row.shown_at or now, last_error=None
        )
        return state
    if state is _S.DUE:
        state = follow(state, _A.MISS)
        await _miss(session, row, error="shown, but without a sound", shown_at=now, now=now)
        await notify(session, channel=WORK, payload=NOTIFICATIONS)
    return state


async def take_unconfirmed(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Call those whose page has not confirmed what is urgent; say how many were not in time."""
    await cancel_moot(session, now=now)
    rows = await repository.lock_unconfirmed(session, now=now, limit=limit)
    for row in rows:
        await _miss(session, row, error="no page has confirmed it", shown_at=None, now=now)
    return len(rows)


async def _miss(
    session: AsyncSession,
    row: Notification,
    *,
    error: str,
    shown_at: datetime | None,
    now: datetime,
) -> None:
    state = follow(NotificationState(row.state), _A.MISS)
    await repository.change(session, row.id, state=state.value, shown_at=shown_at, last_error=error)
    if row.priority not in URGENT:
        return
    offered = repository.offer_of(row)
    told = await repository.list_told(session, case_id=offered.case_id, step=row.step)
    values = [
        written
        for each in told
        if each.nomination_id == offered.nomination_id
        and (written := _write_row(each, channel=Channel.HOOK, call_at=now, now=now))
    ]
    await repository.add_notifications(session, values)


# ------------------------------------------------------------------------------------- the tries


async def claim_next(session: AsyncSession, *, now: datetime) -> Claimed | None:
    """Claim the most urgent notification that is due, for a try of it.

    Before that, those are to be called whose page has not confirmed what is urgent.
    """
    await take_unconfirmed(session, now=now, limit=_BATCH)
    claimed = await repository.claim(session, now=now, until=now + LEASE)
    if claimed is None:
        return None
    row, token = claimed
    site = None if row.case_id is None else await repository.find_site(session, row.case_id)
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
        site=None if site is None else site.prefix,
        language=_LANGUAGE if site is None else site.language,
    )


async def keep_try(
    session: AsyncSession, claimed: Claimed, *, outcome: str, detail: str, now: datetime
) -> Notification | None:
    """Keep how a try ended; give the notification if the claim still stands, locked."""
    row = await repository.lock_notification(session, claimed.notification_id)
    await repository.end_try(
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
    if state is _S.SENT:
        columns["sent_at"] = now
    await repository.change(session, row.id, **columns)


# ------------------------------------------------------------------------------- what comes back


async def lock_answered(
    session: AsyncSession, reference: UUID, *, case_id: int | None
) -> Notification:
    """Lock what the service outside speaks of, and its case before it.

    Parameters
    ----------
    case_id
        Nothing: it is of no case.

    Raises
    ------
    NotFound
        If there is no such notification of this case that it was asked for.
    """
    known = await repository.find_known(session, reference)
    if known is None or known.case_id != case_id:
        raise NotFound("there is no notification with this reference for this case")
    if case_id is not None:
        await cases.lock_case(session, case_id)
    row = await repository.lock_by_reference(session, reference)
    if row.channel != Channel.HOOK:
        raise NotFound("there is no notification with this reference for this case")
    return row


async def note_reached(
    session: AsyncSession, row: Notification, *, is_reached: bool, now: datetime
) -> NotificationState:
    """Keep whether a telephone was reached; said twice, or after the answer, it changes nothing."""
    state = NotificationState(row.state)
    action = _A.DELIVER if is_reached else _A.FAIL
    settled = {_S.ANSWERED, _S.CANCELLED, _S.DELIVERED if is_reached else _S.FAILED}
    if state in settled or (is_reached and state is _S.FAILED):
        return state
    state = follow(state, action)
    columns: dict[str, object] = {"state": state.value}
    if is_reached:
        columns["delivered_at"] = now
    else:
        columns["last_error"] = "the telephone was not reached"
    await repository.change(session, row.id, **columns)
    return state


async def note_answer(
    session: AsyncSession, row: Notification, *, answer: int, now: datetime
) -> bool:
    """Keep the key that a reader has pressed; false when it is known already.

    Raises
    ------
    Conflict
        If they have pressed another one before.
    """
    if row.answer is not None:
        if row.answer != answer:
            raise Conflict(f"this notification was answered with {row.answer} before")
        return False
    state = follow(NotificationState(row.state), _A.ANSWER)
    await repository.change(
        session, row.id, state=state.value, answer=answer, answered_at=now, last_error=None
    )
    return True


async def release_nominee(session: AsyncSession, row: Notification, *, now: datetime) -> bool:
    """Take a case back from a reader who is not available; it is due to be offered now.

    Returns
    -------
    bool
        Whether it was still offered to them.
    """
    offered = repository.offer_of(row)
    ended = await repository.end_nomination(
        session, offered.nomination_id, reason=NOT_AVAILABLE, now=now
    )
    if ended:
        await cases.change(session, offered.case_id, dispatch_due_at=now)
    return ended
