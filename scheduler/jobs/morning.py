"""Makes the morning lists, at 8:00 where the hospitals are, and lets them be told by mail."""

from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.dispatch.events import MorningListMade
from app.dispatch.service.morning import make_due
from app.pipeline.mornings import morning_list_made
from scheduler.job import Bench, Job, name_no_instant

_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Make all lists that are due; of several schedulers one makes each."""

    async def work(session: AsyncSession, now: datetime) -> list[MorningListMade]:
        made = await make_due(session, now=now)
        if bench.mails is not None:
            for event in made:
                mail = partial(morning_list_made, session, event, now=now)
                await succeeds(session, mail, morning_list=event.list_id)
        return made

    for event in await bench.transact(work):
        _log.info("morning_list_made", list=event.list_id, society=event.society_id)


# The tick looks, since a site's zone or society may change at any time.
JOB = Job(name="morning", run=run, find_next_due=name_no_instant)
