"""Use cases of notifications: ask for them, take their confirmation, take an answer."""

from collections.abc import Collection, Sequence
from datetime import datetime
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
    find_call_at,
    find_channels,
    find_shown,
    follow,
)
from app.dispatch.models import Notification
from app.dispatch.repository import notification as repository
from app.dispatch.repository import notification_due as due
from app.dispatch.repository.notification_moot import cancel_moot
from app.dispatch.repository.told import Told, list_told, list_told_again
from app.kit.errors import Conflict, NotFound

NOTIFICATIONS = "notifications"
"""The job that sends them."""
_A, _S = NotificationAction, NotificationState


async def notify_readers(session: AsyncSession, case_id: int, *, now: datetime) -> int:
    """Tell who is asked for a case and has not seen it, once for each step; how many are new."""
    return await notify_all_readers(session, [case_id], now=now)


async def notify_all_readers(
    session: AsyncSession, case_ids: Collection[int], *, now: datetime
) -> int:
    """Do what `notify_readers` does, for several cases at once."""
    told = await list_told(session, case_ids)
    call_at = await _find_calls(session, told, now=now)
    values = [
        row
        for each in told
        for channel in find_channels(each.priority, step=each.step)
        if channel.value not in each.told_by
        and (row := _write_row(each, channel=channel, call_at=call_at[each.case_id], now=now))
    ]
    added = await repository.add_notifications(session, values)
    # A page may take longer to confirm than the job that awaits it ever looks away.
    if added and any(row["channel"] != Channel.BROWSER.value for row in values):
        await notify(session, channel=WORK, payload=NOTIFICATIONS)
    return added


async def _find_calls(
    session: AsyncSession, told: Sequence[Told], *, now: datetime
) -> dict[int, datetime | None]:
    """Find when telephones may be called, by case."""
    quiet = (0, 0)
    if any(each.priority not in URGENT and each.priority not in SILENT for each in told):
        begin = await read_value(session, SettingKey.QUIET_FROM_HOUR)
        quiet = (begin, await read_value(session, SettingKey.QUIET_UNTIL_HOUR))
    return {
        case_id: find_call_at(priority, now=now, quiet=quiet, zone=ZoneInfo(zone))
        for case_id, priority, zone in {(each.case_id, each.priority, each.zone) for each in told}
    }


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
    notification_ids: Collection[int],
    *,
    radiologist_id: int,
    has_sounded: bool,
    now: datetime,
) -> dict[int, NotificationState]:
    """Keep that a page has shown cases; one that is mute counts only for what is not urgent.

    For what is urgent, the telephone is called at once when the page has not sounded.

    Parameters
    ----------
    notification_ids
        What is not for a page of this reader changes nothing, and keeps nothing else back.

    Returns
    -------
    dict
        Where those of this reader stand since, by id.
    """
    rows = await repository.lock_own(session, notification_ids, radiologist_id=radiologist_id)
    states = {
        row.id: find_shown(_S(row.state), priority=row.priority, has_sounded=has_sounded)
        for row in rows
    }
    moved = [row.id for row in rows if states[row.id] != row.state]
    if shown := [each for each in moved if states[each] is _S.SHOWN]:
        await repository.keep_shown(session, shown, state=_S.SHOWN, error=None, now=now)
    if missed := [each for each in moved if states[each] is _S.FAILED]:
        error = "shown, but without a sound"
        await repository.keep_shown(session, missed, state=_S.FAILED, error=error, now=now)
        await _call_instead(session, missed, now=now)
        await notify(session, channel=WORK, payload=NOTIFICATIONS)
    return states


async def take_unconfirmed(session: AsyncSession, *, now: datetime, limit: int) -> None:
    """Call those whose page has not confirmed what is urgent."""
    await cancel_moot(session, now=now)
    missed = await due.miss_unconfirmed(
        session, why="no page has confirmed it", now=now, limit=limit
    )
    await _call_instead(
        session, [missed_id for missed_id, priority in missed if priority in URGENT], now=now
    )


async def _call_instead(session: AsyncSession, missed_ids: Sequence[int], *, now: datetime) -> None:
    """Ask for a call of those whom a page did not tell what is urgent."""
    if not missed_ids:
        return
    told = await list_told_again(session, missed_ids)
    values = [_write_row(each, channel=Channel.HOOK, call_at=now, now=now) for each in told]
    await repository.add_notifications(session, [each for each in values if each is not None])


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
