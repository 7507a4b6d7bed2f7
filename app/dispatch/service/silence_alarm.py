"""The alarm of mass silence, which goes out by mail and telephone: no page may reach anybody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.dispatch.domain.notification import Channel, Purpose
from app.dispatch.repository import notification as repository
from app.dispatch.repository.check_in import find_coordinator
from app.dispatch.repository.notification_lists import list_addresses
from app.dispatch.service.notification import NOTIFICATIONS

_AS_URGENT_AS = "P1"


async def sound_alarm(session: AsyncSession, *, now: datetime) -> int:
    """Tell the coordinator on guard, and whom the settings name; say how many are told.

    Each address is told once, whoever it belongs to.
    """
    addresses = list(await read_value(session, SettingKey.ALARM_TO))
    coordinator = await find_coordinator(session, now=now)
    if coordinator is not None:
        addresses += await list_addresses(session, coordinator)
    values: list[dict[str, object]] = [
        {
            "purpose": Purpose.MASS_SILENCE.value,
            "step": 0,
            "channel": (Channel.MAIL if "@" in address else Channel.HOOK).value,
            "priority": _AS_URGENT_AS,
            "address": address,
            "created_at": now,
            "due_at": now,
        }
        for address in dict.fromkeys(addresses)
    ]
    added = await repository.add_notifications(session, values)
    if added:
        await notify(session, channel=WORK, payload=NOTIFICATIONS)
    return added
