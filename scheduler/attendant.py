"""Attends one job: sleeps until something is due, is woken, or the tick comes; then lets it run."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from scheduler.job import Bench, Job, find_wait, name_no_instant

_log = structlog.get_logger(__name__)
_SHORTEST_WAIT = timedelta(milliseconds=50)


class Attendant:
    """Runs one job again and again; an error of a run is logged and never ends it.

    Parameters
    ----------
    longest_wait
        How long to sleep at most: what was missed is caught then.
    """

    def __init__(self, job: Job, *, bench: Bench, longest_wait: timedelta) -> None:
        self.job = job
        self._bench = bench
        self._longest_wait = min(longest_wait, job.longest_wait)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Let the job run as soon as its present run is over."""
        self._woken.set()

    async def attend(self) -> None:
        """Run the job until this task is cancelled."""
        while True:
            self._woken.clear()
            wait = await self._run_once()
            await asyncio.sleep(self.job.rest.total_seconds())
            try:
                await asyncio.wait_for(self._woken.wait(), wait.total_seconds())
            except TimeoutError:
                continue

    async def _run_once(self) -> timedelta:
        with structlog.contextvars.bound_contextvars(job=self.job.name):
            try:
                with self._go_first():
                    wait = await self.job.run(self._bench)
                if self.job.find_next_due is name_no_instant:
                    return self._longest_wait
                if wait is None:
                    wait = await self._bench.transact(self._find_wait)
                return max(_SHORTEST_WAIT, min(wait, self._longest_wait))
            except Exception as error:  # noqa: BLE001 - an edge: one bad run must not end the others
                # The type alone: an exception's text may hold what a patient's file said.
                _log.exception("job_failed", error=type(error).__name__, exc_info=error)
                return self._longest_wait

    def _go_first(self) -> AbstractContextManager[None]:
        return self._bench.precedence.going_first() if self.job.goes_first else nullcontext()

    async def _find_wait(self, session: AsyncSession, now: datetime) -> timedelta:
        return find_wait(await self.job.find_next_due(session), now=now)
