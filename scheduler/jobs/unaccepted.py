"""Tells people to call the sites that do not accept their reports in time."""

from app.delivery import service as deliveries
from app.delivery.service.alarms import JOB as NAME
from scheduler.job import Bench, Job


async def run(bench: Bench) -> None:
    """Tell people of every report that its site has not accepted in time."""
    while await bench.transact(lambda session, now: deliveries.ring_next(session, now=now)):
        continue


JOB = Job(name=NAME, run=run, find_next_due=deliveries.find_next_alarm)
