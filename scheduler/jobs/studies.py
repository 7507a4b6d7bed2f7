"""Tells the cases of images that arrived, of identities that changed, of studies complete.

In this order: the case opens, or is joined, before it is told of anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Passed:
    """Studies whose news, or identities, no case could take: they wait for the next run."""

    untaken: set[int] = field(default_factory=set)
    untold: set[int] = field(default_factory=set)


async def run(bench: Bench) -> None:
    """Take the news of studies, then label those that have been silent long enough.

    News that came while others were taken wake the job again.
    """
    passed = _Passed()
    while await _look(bench, passed):
        pass


async def _look(bench: Bench, passed: _Passed) -> bool:
    """Do a batch together; when one of its items cannot be done, each apart from the others."""
    try:
        return await bench.transact(lambda session, now: _do_together(session, now, bench, passed))
    except Exception as error:  # An edge: one bad study must not stop all others.
        if not is_of_item(error):
            raise
        # The type alone: an exception's text may hold what a patient's file said.
        _log.warning("batch_done_apart", error=type(error).__name__)
    return await bench.transact(lambda session, now: _do_apart(session, now, bench, passed))


async def _do_together(session: AsyncSession, now: datetime, bench: Bench, passed: _Passed) -> bool:
    studies = await _lock(session, bench, passed)
    due = []
    if studies:
        due += await pipeline.all_images_arrived(session, studies, settings=bench.settings, now=now)
    told = await _tell_identities(session, now, passed)
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    if completed:
        due += await pipeline.studies_completed(session, completed, now=now)
    # What opens late may be complete at once: then it stands there twice.
    await pipeline.offer_all(session, list(dict.fromkeys(due)), now=now)
    return _BATCH in {len(studies), told, len(completed)}


async def _do_apart(session: AsyncSession, now: datetime, bench: Bench, passed: _Passed) -> bool:
    studies = await _lock(session, bench, passed)
    await cases.lock_patients(session, await intake.read_news(session, studies))
    for study in studies:
        await _tell_case(session, study, bench=bench, passed=passed, now=now)
    told = await _tell_identities(session, now, passed)
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    for study_id in completed:
        await _complete_case(session, study_id, now=now)
    return _BATCH in {len(studies), told, len(completed)}


async def _lock(session: AsyncSession, bench: Bench, passed: _Passed) -> Sequence[Study]:
    return await intake.studies_with_news(
        session, ae_title=bench.settings.ae_title, limit=_BATCH, without=passed.untaken
    )


async def _tell_case(
    session: AsyncSession, study: Study, *, bench: Bench, passed: _Passed, now: datetime
) -> None:
    study_id = study.id
    opened: list[int | None] = []

    async def tell() -> None:
        opened.append(
            await pipeline.images_arrived(session, study, settings=bench.settings, now=now)
        )

    if not await succeeds(session, tell, study=study_id):
        passed.untaken.add(study_id)
        return
    await _offer(session, opened[0], now=now)


async def _tell_identities(session: AsyncSession, now: datetime, passed: _Passed) -> int:
    """Tell the cases of identities; tell how many studies there were."""
    studies = await identities.lock_studies_with_news(session, limit=_BATCH, without=passed.untold)
    for study in studies:
        study_id = study.id

        async def tell(study: Study = study) -> None:
            await pipeline.identity_changed(session, study, now=now)

        if not await succeeds(session, tell, study=study_id):
            passed.untold.add(study_id)
    return len(studies)


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
