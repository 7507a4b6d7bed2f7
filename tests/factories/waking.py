"""Who is woken by what is committed."""

import asyncio
from collections.abc import AsyncGenerator

from app.db.notify import WORK, Notice, Reconnected, notify
from app.db.session import Sessions, unit_of_work


async def hear_until(
    heard: AsyncGenerator[Notice | Reconnected, None], sessions: Sessions, mark: str
) -> set[str]:
    """Hear which jobs were woken until now."""
    async with unit_of_work(sessions) as session:
        await notify(session, channel=WORK, payload=mark)
    woken = set[str]()
    async with asyncio.timeout(5):
        while mark not in woken:
            notice = await anext(heard)
            assert isinstance(notice, Notice)
            woken.add(notice.payload)
    return woken
