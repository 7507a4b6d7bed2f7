"""Lets offers of seats expire whose guard has begun."""

from app.planning.repository.swaps import find_next_begin
from app.planning.service.swap_moves import expire_swaps
from scheduler.job import Bench, Job


async def run(bench: Bench) -> None:
    """Close every open swap of which a guard has begun."""
    await bench.transact(lambda session, now: expire_swaps(session, now=now))


JOB = Job(name="swaps", run=run, find_next_due=find_next_begin)
