"""Lets readers who go off guard hand over what is open, until all of it has a new owner."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.dispatch.repository.handover import change_handover, find_next_look, lock_due
from app.dispatch.service import handover as use_cases
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_AFTER_FAILURE = timedelta(minutes=1)


async def run(bench: Bench) -> None:
    """Open the handovers of those who leave soon, then look at each that is due."""
    opened = await bench.transact(lambda session, now: use_cases.open_all(session, now=now))
    if opened:
        _log.info("handovers_opened", readers=opened)
    zone = ZoneInfo(bench.settings.zone)

    async def look(session: AsyncSession, now: datetime) -> bool:
        due = await lock_due(session, now=now)
        if due is None:
            return False
        handover_id = due.id
        if not await succeeds(
            session,
            lambda: use_cases.look_next(session, now=now, zone=zone),
            handover=handover_id,
        ):
            # It is the one that has waited for longest: the others would wait behind it.
            await change_handover(session, handover_id, look_due_at=now + _AFTER_FAILURE)
        return True

    while await bench.transact(look):
        pass


JOB = Job(name="handover", run=run, find_next_due=find_next_look)
