"""When more comes than those on guard can read: the backup line is called, and reads as well."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor
from app.dispatch.repository.surge import list_to_widen
from app.dispatch.service import surge
from app.dispatch.service.steps import widen_to_backup
from app.kit.clock import read_monotonic_s
from app.pipeline.offering import DECIDING, LONGEST_S, case_widened, wake_dispatch


async def backup_called(session: AsyncSession, *, actor: Actor, now: datetime) -> int:
    """When the coordinator calls the backup line, their telephones ring, whatever the hour.

    One case goes to them at once: the first that nobody has taken, and that may be widened to them.
    From then on who has come is offered cases as the first line is, until the surge is over.

    Returns
    -------
    int
        How many readers were called.

    Raises
    ------
    NoSurge
        If no surge is on, or the backup line was called.
    NobodyToCall
        If nobody of the backup line can be reached.
    """
    now += await wait_for_lock(session, DECIDING)
    called = await surge.call_backup(session, actor=actor, now=now)
    ends_s = read_monotonic_s() + LONGEST_S
    for case_id in await list_to_widen(session) if called else ():
        widened = await widen_to_backup(session, case_id, called=called, now=now)
        if widened is not None:
            await case_widened(session, widened, now=now)
        # Others wait to decide meanwhile; what is not widened now is when its steps are due.
        if widened is not None or read_monotonic_s() >= ends_s:
            break
    await wake_dispatch(session)
    return len(called)
