"""The call of the backup line: of no case, so that it rings whatever becomes of any case."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.dispatch.domain.notification import Channel, Purpose
from app.dispatch.repository import notification as repository
from app.dispatch.repository.notification_lists import list_addresses
from app.dispatch.service.notification import NOTIFICATIONS

_AS_URGENT_AS = "P1"
"""It rings at whatever hour: somebody has decided that they are needed now."""


async def ring(session: AsyncSession, radiologist_ids: Sequence[int], *, now: datetime) -> int:
    """Call the telephone and the mailbox of each reader, as far as known; say how many of these."""
    values: list[dict[str, object]] = [
        {
            "purpose": Purpose.BACKUP_CALL.value,
            "radiologist_id": radiologist_id,
            "step": 0,
            "channel": (Channel.MAIL if "@" in address else Channel.HOOK).value,
            "priority": _AS_URGENT_AS,
            "address": address,
            "created_at": now,
            "due_at": now,
        }
        for radiologist_id in radiologist_ids
        for address in await list_addresses(session, radiologist_id)
    ]
    added = await repository.add_notifications(session, values)
    if added:
        await notify(session, channel=WORK, payload=NOTIFICATIONS)
    return added
