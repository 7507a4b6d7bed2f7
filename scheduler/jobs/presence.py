"""Sees which readers are gone, which centres are down or back, and when the fault is our own."""

import structlog

from app.dispatch.service.presence import find_next_gone
from app.pipeline.centres import watch_centres
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_LOCK = "presence"


async def run(bench: Bench) -> None:
    """Look once, unless another scheduler does."""
    due = await bench.transact_alone(_LOCK, lambda session, now: watch_centres(session, now=now))
    if due:
        _log.info("cases_due_anew", cases=due)


JOB = Job(name="presence", run=run, find_next_due=find_next_gone)
