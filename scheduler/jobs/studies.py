"""Tells the cases of images that arrived, and of studies that are complete."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.intake import service as intake
from scheduler.job import Bench, Job

_BATCH = 20


async def run(bench: Bench) -> None:
    """Take the news of studies, then label those that have been silent long enough."""
    while await bench.transact(lambda session, now: _take_news(session, now, bench)):
        pass
    while await bench.transact(_complete):
        pass


async def _take_news(session: AsyncSession, now: datetime, bench: Bench) -> bool:
    studies = await intake.studies_with_news(session, limit=_BATCH)
    for study in studies:
        await pipeline.images_arrived(session, study, settings=bench.settings, now=now)
    return len(studies) == _BATCH


async def _complete(session: AsyncSession, now: datetime) -> bool:
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    for study_id in completed:
        await pipeline.study_completed(session, study_id, now=now)
    return len(completed) == _BATCH


JOB = Job(name="studies", run=run, find_next_due=intake.find_next_due)
