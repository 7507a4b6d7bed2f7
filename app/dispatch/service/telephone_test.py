"""Use case of a reader who wants to know whether the telephone reaches them: they are called."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.directory.domain.actor import Actor
from app.directory.models import Radiologist
from app.dispatch.domain.notification import TEST_LASTS, Channel, NotificationState, Purpose
from app.dispatch.models import Notification
from app.dispatch.repository import notification as repository
from app.dispatch.repository.check_in import lock_own
from app.dispatch.repository.notification_lists import find_last_test
from app.dispatch.service.check_in import NothingToCheckIn, ask_all, radiologist_of
from app.dispatch.service.notification import NOTIFICATIONS
from app.kit.errors import Conflict

AGAIN_AFTER = timedelta(minutes=1)
"""How long a reader waits before they may ask for another call."""
_AS_URGENT_AS = "P1"


async def ask_for_call(session: AsyncSession, *, actor: Actor, now: datetime) -> None:
    """Have a reader's telephone called; the key that they press there says that it reaches them.

    Raises
    ------
    NotAllowed
        If the login belongs to no radiologist.
    NothingToCheckIn
        If they hold no seat now, nor in the next 10 minutes.
    Conflict
        If the directory has no telephone of theirs, or they have just asked or still wait.
    """
    radiologist_id = radiologist_of(actor)
    await ask_all(session, now=now, radiologist_id=radiologist_id)
    if not await lock_own(session, radiologist_id=radiologist_id, now=now):
        raise NothingToCheckIn
    reader = await session.get_one(Radiologist, radiologist_id)
    if not reader.telephone:
        raise Conflict("the directory has no telephone of yours: have it added there")
    last = await find_last_test(session, radiologist_id)
    if last is not None and last.created_at > now - AGAIN_AFTER:
        raise Conflict("you have just asked for a call: wait a minute before you ask again")
    if last is not None and _is_awaited(last, now=now):
        raise Conflict("the call that you asked for is still to come: wait for it")
    await repository.add_notifications(
        session,
        [
            {
                "purpose": Purpose.TELEPHONE_TEST.value,
                "radiologist_id": radiologist_id,
                "step": 0,
                "channel": Channel.HOOK.value,
                "priority": _AS_URGENT_AS,
                "address": reader.telephone,
                "created_at": now,
                "due_at": now,
            }
        ],
    )
    await notify(session, channel=WORK, payload=NOTIFICATIONS)


def _is_awaited(test: Notification, *, now: datetime) -> bool:
    """Tell whether their telephone may still ring for a test; one that is too old is given up."""
    if test.state == NotificationState.DUE:
        return test.created_at > now - TEST_LASTS
    if test.state == NotificationState.SENDING:
        return test.claimed_until is not None and test.claimed_until > now
    return False
