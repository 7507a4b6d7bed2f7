"""Who waits for a lock of the database."""

import asyncio

from sqlalchemy import text

from app.db.session import Sessions

_WAITERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND (CAST(:lock AS text) IS NULL OR wait_event = :lock)"
)


async def wait_for_a_waiter(
    sessions: Sessions, *, lock: str | None = None, within_s: float = 20
) -> None:
    """Wait until somebody waits for a lock of this database.

    Parameters
    ----------
    lock
        As `pg_stat_activity.wait_event` names its kind; nothing: any.
    """
    async with asyncio.timeout(within_s):
        while True:
            async with sessions() as session:
                if await session.scalar(_WAITERS, {"lock": lock}):
                    return
            await asyncio.sleep(0.02)
