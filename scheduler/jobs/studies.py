"""Tells the cases of images that arrived, of identities that changed, of studies complete.

In this order: the case opens, or is joined, before it is told of anything else.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.apart import succeeds
from app.intake import service as intake
from app.intake.models import Study
from app.intake.repository import identities
from scheduler.job import Bench, Job

_BATCH = 20


async def run(bench: Bench) -> None:
    """Take the news of studies, then label those that have been silent long enough.

    News that came while others were taken wake the job again.
    """
    # News that no case could take wait for the next run.
    failed: set[int] = set()
    while await bench.transact(lambda session, now: _take_news(session, now, bench, failed)):
        pass
    # Of identities that no case could be told of, the same.
    untold: set[int] = set()
    while await bench.transact(lambda session, now: _tell_identities(session, now, untold)):
        pass
    while await bench.transact(_complete):
        pass


async def _take_news(session: AsyncSession, now: datetime, bench: Bench, failed: set[int]) -> bool:
    studies = await intake.studies_with_news(session, limit=_BATCH, without=failed)
    await pipeline.lock_patients(session, studies)
    for study in studies:
        await _tell_case(session, study, bench=bench, failed=failed, now=now)
    return len(studies) == _BATCH


async def _tell_case(
    session: AsyncSession, study: Study, *, bench: Bench, failed: set[int], now: datetime
) -> None:
    study_id = study.id
    opened: list[int | None] = []

    async def tell() -> None:
        opened.append(
            await pipeline.images_arrived(session, study, settings=bench.settings, now=now)
        )

    if not await succeeds(session, tell, study=study_id):
        failed.add(study_id)
        return
    await _offer(session, opened[0], now=now)


async def _tell_identities(session: AsyncSession, now: datetime, failed: set[int]) -> bool:
    studies = await identities.lock_studies_with_news(session, limit=_BATCH, without=failed)
    for study in studies:
        study_id = study.id

        async def tell(study: Study = study) -> None:
            await pipeline.identity_changed(session, study, now=now)

        if not await succeeds(session, tell, study=study_id):
            failed.add(study_id)
    return len(studies) == _BATCH


async def _complete(session: AsyncSession, now: datetime) -> bool:
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    for study_id in completed:
        await _complete_case(session, study_id, now=now)
    return len(completed) == _BATCH


async def _complete_case(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    completed: list[int | None] = []

    async def tell() -> None:
        completed.append(await pipeline.study_completed(session, study_id, now=now))

    if await succeeds(session, tell, study=study_id):
        await _offer(session, completed[0], now=now)


async def _offer(session: AsyncSession, case_id: int | None, *, now: datetime) -> None:
    # Apart: when nobody can be found for a case, it must be on the worklist all the same.
    if case_id is not None:
        await succeeds(
            session, lambda: pipeline.offer_at_once(session, case_id, now=now), case=case_id
        )


JOB = Job(name="studies", run=run, find_next_due=intake.find_next_due)
