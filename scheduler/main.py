"""The scheduler's process: one attendant for each job, woken by notifications and by the tick."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Sequence
from datetime import UTC, timedelta
from itertools import cycle

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.bootstrap import (
    find_database_url,
    make_caller,
    make_counter,
    make_heartbeat,
    make_mail_sender,
    make_peers,
    make_renderer,
    make_reporter,
    open_engine,
)
from app.db.clock import DatabaseClock
from app.db.notify import WORK, Listener, Reconnected
from app.db.session import make_sessions
from app.settings import Settings
from scheduler.attendant import Attendant
from scheduler.job import Bench, Job
from scheduler.jobs import JOBS

_log = structlog.get_logger(__name__)


async def run(bench: Bench, *, jobs: Sequence[Job], url: str) -> None:
    """Attend all jobs until the process is told to stop (SIGTERM, SIGINT).

    What is under way when the signal comes is cut off: its transaction rolls back, or its claim on
    a row runs out, and another run takes it again.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.create_task(attend_all(bench, jobs=jobs, url=url))
    stopped = asyncio.create_task(stop.wait())
    _log.info("scheduler_started", jobs=[job.name for job in jobs])
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        stopped.cancel()
        work.result()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    _log.info("scheduler_stopped")


async def attend_all(bench: Bench, *, jobs: Sequence[Job], url: str) -> None:
    """Attend all jobs until cancelled."""
    attendants = {
        job.name: Attendant(job, bench=bench, longest_wait=timedelta(minutes=1)) for job in jobs
    }
    tick = _start_tick(list(attendants.values()), every=bench.settings.tick)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_wake_on_notice(attendants, url=url))
            for attendant in attendants.values():
                group.create_task(attendant.attend())
    finally:
        tick.shutdown(wait=False)


def _start_tick(attendants: Sequence[Attendant], *, every: timedelta) -> AsyncIOScheduler:
    """Wake everybody once in an interval in UTC: it catches what was missed, holds no deadline.

    One after the other: all at once, they would keep what is urgent waiting.
    """
    turns = cycle(attendants)

    async def wake_next() -> None:
        next(turns).wake()

    tick = AsyncIOScheduler(timezone=UTC)
    tick.add_job(
        wake_next,
        "interval",
        seconds=every.total_seconds() / len(attendants),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    tick.start()
    return tick


async def _wake_on_notice(attendants: dict[str, Attendant], *, url: str) -> None:
    async for notice in Listener(url, channels=[WORK]):
        named = None if isinstance(notice, Reconnected) else attendants.get(notice.payload)
        for attendant in attendants.values() if named is None else [named]:
            attendant.wake()


async def run_scheduler(settings: Settings) -> None:
    """Run the scheduler from the settings.

    Raises
    ------
    SchemaDiffers
        If the database's schema is not the code's.
    """
    url = find_database_url(settings)
    async with open_engine(settings, application="astreinte scheduler") as engine:
        bench = Bench(
            settings=settings,
            sessions=make_sessions(engine),
            clock=DatabaseClock(),
            peers=make_peers(settings),
            renderer=make_renderer(),
            mails=make_mail_sender(settings),
            heartbeat=make_heartbeat(settings),
            caller=make_caller(settings),
            counter=make_counter(settings),
            reporter=make_reporter(settings),
        )
        # What was loaded stays: no collection need walk over it while a case waits.
        gc.collect()
        gc.freeze()
        await run(bench, jobs=JOBS, url=url)
