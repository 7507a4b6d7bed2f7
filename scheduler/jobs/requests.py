"""Lets sites be asked where the images of accepted requests are."""

from app import pipeline
from app.requests import service as requests
from scheduler.job import Bench, Job

_BATCH = 50


async def run(bench: Bench) -> None:
    """Raise a task for each accepted request whose images should have come."""
    while (
        await bench.transact(
            lambda session, now: pipeline.ask_for_images(session, now=now, limit=_BATCH)
        )
        == _BATCH
    ):
        pass


JOB = Job(name="requests", run=run, find_next_due=requests.find_next_due)
