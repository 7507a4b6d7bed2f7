"""Tells the cases of images that arrived, of identities that changed, of studies complete.

In this order: the case opens, or is joined, before it is told of anything else.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import service as cases
from app.db.apart import is_of_item, succeeds
from app.intake import service as intake
from app.intake.models import Study
from app.intake.repository import identities
from scheduler.job import Bench, Job

_BATCH = 20
_Work = Callable[[AsyncSession, datetime], Awaitable[bool]]
_Complete = Callable[[AsyncSession, Sequence[int], datetime], Awaitable[None]]
_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Take the news of studies, then label those that have been silent long enough.

    News that came while others were taken wake the job again.
    """
    # News that no case could take wait for the next run.
    failed: set[int] = set()
    while await _together_or_apart(
        bench,
        lambda session, now: _take(session, now, bench, failed),
        lambda session, now: _take_apart(session, now, bench, failed),
    ):
        pass
    # Of identities that no case could be told of, the same.
    untold: set[int] = set()
    while await _together_or_apart(
        bench,
        lambda session, now: _follow_up(session, now, untold, _complete_all),
        lambda session, now: _follow_up(session, now, untold, _complete_each),
    ):
        pass


async def _together_or_apart(bench: Bench, together: _Work, apart: _Work) -> bool:
    """Do a batch together; when one of its items cannot be done, each apart from the others."""
    try:
        return await bench.transact(together)
    except Exception as error:  # An edge: one bad study must not stop all others.
        if not is_of_item(error):
            raise
        # The type alone: an exception's text may hold what a patient's file said.
        _log.warning("batch_done_apart", error=type(error).__name__)
    return await bench.transact(apart)


async def _take(session: AsyncSession, now: datetime, bench: Bench, failed: set[int]) -> bool:
    studies = await _lock(session, bench, failed)
    if studies:
        found = await pipeline.all_images_arrived(
            session, studies, settings=bench.settings, now=now
        )
        await pipeline.offer_all(session, found, now=now)
    return len(studies) == _BATCH


async def _lock(session: AsyncSession, bench: Bench, failed: set[int]) -> Sequence[Study]:
    return await intake.studies_with_news(
        session, ae_title=bench.settings.ae_title, limit=_BATCH, without=failed
    )


async def _take_apart(session: AsyncSession, now: datetime, bench: Bench, failed: set[int]) -> bool:
    studies = await _lock(session, bench, failed)
    await cases.lock_patients(session, await intake.read_news(session, studies))
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


async def _follow_up(
    session: AsyncSession, now: datetime, untold: set[int], complete: _Complete
) -> bool:
    """Tell of identities, then of completeness; tell whether there may be more."""
    more = await _tell_identities(session, now, untold)
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    if completed:
        await complete(session, completed, now)
    return more or len(completed) == _BATCH


async def _tell_identities(session: AsyncSession, now: datetime, failed: set[int]) -> bool:
    studies = await identities.lock_studies_with_news(session, limit=_BATCH, without=failed)
    for study in studies:
        study_id = study.id

        async def tell(study: Study = study) -> None:
            await pipeline.identity_changed(session, study, now=now)

        if not await succeeds(session, tell, study=study_id):
            failed.add(study_id)
    return len(studies) == _BATCH


async def _complete_all(session: AsyncSession, study_ids: Sequence[int], now: datetime) -> None:
    due = await pipeline.studies_completed(session, study_ids, now=now)
    await pipeline.offer_all(session, due, now=now)


async def _complete_each(session: AsyncSession, study_ids: Sequence[int], now: datetime) -> None:
    for study_id in study_ids:
        await _complete_case(session, study_id, now=now)


async def _complete_case(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    due: list[int] = []

    async def tell() -> None:
        due.extend(await pipeline.studies_completed(session, [study_id], now=now))

    if await succeeds(session, tell, study=study_id):
        for case_id in due:
            await _offer(session, case_id, now=now)


async def _offer(session: AsyncSession, case_id: int | None, *, now: datetime) -> None:
    # Apart: when nobody can be found for a case, it must be on the worklist all the same.
    if case_id is not None:
        await succeeds(
            session, lambda: pipeline.offer_at_once(session, case_id, now=now), case=case_id
        )


JOB = Job(name="studies", run=run, find_next_due=intake.find_next_due, goes_first=True)
