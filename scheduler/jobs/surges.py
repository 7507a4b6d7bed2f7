"""Looks every minute whether more comes than those on guard can read."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.surge import SurgeMove
from app.dispatch.service import surge
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Look once, if it is due; a row says so, and one scheduler of several takes it."""
    zone = ZoneInfo(bench.settings.zone)

    async def look(session: AsyncSession, now: datetime) -> SurgeMove | None:
        return await surge.look_if_due(session, zone=zone, now=now)

    move = await bench.transact(look)
    if move in {SurgeMove.BEGIN, SurgeMove.END}:
        _log.info("surge_changed", move=move.value)


JOB = Job(name="surges", run=run, find_next_due=surge.find_next_look)
