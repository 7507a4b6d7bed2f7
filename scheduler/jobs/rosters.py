"""Computes rosters that planners asked for: in a child process, outside any transaction."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import AppError
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Roster
from app.planning.domain.runs import RunKind, RunRequest, RunState, write_progress
from app.planning.models import RosterRun
from app.planning.repository import runs as rows
from app.planning.service import runs
from app.planning.service.rosters import Prepared
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_BEAT_S = 1.0
"""How often a run tells how far it is, and asks whether to stop."""


@dataclass(slots=True)
class _Watch:
    """What the search and those who wait for it tell each other."""

    progress: Progress | None = None
    state: RunState | None = RunState.RUNNING

    def note(self, progress: Progress) -> None:
        """Keep the last word of the search."""
        self.progress = progress

    def must_stop(self) -> bool:
        """Did somebody ask to stop, or is the run not ours any more?"""
        return self.state is not RunState.RUNNING


async def run(bench: Bench) -> None:
    """Compute all that wait, one after another."""
    while True:
        claimed = await bench.transact(lambda session, now: runs.claim_run(session, now=now))
        if claimed is None:
            return
        await _work_on(bench, *claimed)


async def _work_on(bench: Bench, row: RosterRun, token: str) -> None:
    try:
        revision_id = await _compute(bench, row, token)
    except AppError as error:
        message = error.message
        await bench.transact(
            lambda session, now: rows.fail(session, row.id, token=token, error=message, now=now)
        )
        _log.warning("roster_failed", run=row.id, error=type(error).__name__)
    else:
        _log.info("roster_computed", run=row.id, revision=revision_id)


async def _compute(bench: Bench, row: RosterRun, token: str) -> int | None:
    watch = _Watch(state=RunState(row.state))
    async with _keep(bench, row, token, watch):
        prepared = await bench.transact(
            lambda session, now: runs.prepare_run(session, row, now=now)
        )
        roster = await bench.rosters.compute(
            prepared.problem,
            limits=RunRequest.read(row.request).limits,
            is_repair=RunKind(row.kind) is RunKind.REPAIR,
            on_progress=watch.note,
            should_stop=watch.must_stop,
        )
    return await _finish(bench, row, token, prepared, roster)


async def _finish(
    bench: Bench, row: RosterRun, token: str, prepared: Prepared, roster: Roster
) -> int | None:
    async def work(session: AsyncSession, now: datetime) -> int | None:
        return await runs.finish_run(
            session, row, token=token, prepared=prepared, roster=roster, now=now
        )

    return await bench.transact(work)


@asynccontextmanager
async def _keep(bench: Bench, row: RosterRun, token: str, watch: _Watch) -> AsyncIterator[None]:
    """Renew the claim, tell progress and hear whether to stop, while the body runs."""
    beating = asyncio.create_task(_beat(bench, row.id, token, watch))
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


async def _beat(bench: Bench, run_id: int, token: str, watch: _Watch) -> None:
    async def renew(session: AsyncSession, now: datetime) -> RunState | None:
        told = None if watch.progress is None else write_progress(watch.progress)
        return await rows.renew(session, run_id, token=token, until=now + runs.CLAIM, progress=told)

    while watch.state is not None:
        await asyncio.sleep(_BEAT_S)
        watch.state = await bench.transact(renew)


JOB = Job(name=runs.JOB, run=run, find_next_due=rows.find_next_due)
