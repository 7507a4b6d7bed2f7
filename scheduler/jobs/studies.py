"""Tells the cases of images that arrived, of identities that changed, of studies complete.

In this order: the case opens, or is joined, before it is told of anything else.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

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
    """Take the news of studies, then tell identities, and label those silent for long enough.

    News that came while others were taken wake the job again.
    """
    passed = _Passed()
    for together, apart in ((_take_news, _take_news_apart), (_settle, _settle_apart)):
        while await _look(bench, passed, together=together, apart=apart):
            pass


_Work = Callable[[AsyncSession, datetime, Bench, _Passed], Awaitable[bool]]
"""Does a batch, and tells whether there may be more."""


async def _look(bench: Bench, passed: _Passed, *, together: _Work, apart: _Work) -> bool:
    """Do a batch together; when one of its items cannot be done, each apart from the others."""
    try:
        return await bench.transact(lambda session, now: together(session, now, bench, passed))
    except Exception as error:  # An edge: one bad study must not stop all others.
        if not is_of_item(error):
            raise
        # The type alone: an exception's text may hold what a patient's file said.
        _log.warning("batch_done_apart", error=type(error).__name__)
    return await bench.transact(lambda session, now: apart(session, now, bench, passed))


async def _take_news(session: AsyncSession, now: datetime, bench: Bench, passed: _Passed) -> bool:
    """Take news, and offer what they opened: who has the lock of another case delays no P1."""
    studies = await _lock(session, bench, passed)
    if studies:
        due = await pipeline.all_images_arrived(session, studies, settings=bench.settings, now=now)
        await pipeline.offer_all(session, due, now=now)
    return len(studies) == _BATCH


async def _take_news_apart(
    session: AsyncSession, now: datetime, bench: Bench, passed: _Passed
) -> bool:
    studies = await _lock(session, bench, passed)
    await cases.lock_patients(session, await intake.read_news(session, studies))
    due = []
    for study in studies:
        due += await _tell_case(session, study, bench=bench, passed=passed, now=now)
    await _offer_apart(session, due, now=now)
    return len(studies) == _BATCH


async def _settle(session: AsyncSession, now: datetime, _: Bench, passed: _Passed) -> bool:
    """Tell identities; when there are none to tell, label what is complete."""
    if await _tell_identities(session, now, passed):
        return True
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    if completed:
        due = await pipeline.studies_completed(session, completed, now=now)
        await pipeline.offer_all(session, due, now=now)
    return len(completed) == _BATCH


async def _settle_apart(session: AsyncSession, now: datetime, _: Bench, passed: _Passed) -> bool:
    if await _tell_identities(session, now, passed):
        return True
    completed = await intake.complete_due_studies(session, now=now, limit=_BATCH)
    due = []
    for study_id in completed:
        due += await _complete_case(session, study_id, now=now)
    await _offer_apart(session, due, now=now)
    return len(completed) == _BATCH


async def _lock(session: AsyncSession, bench: Bench, passed: _Passed) -> Sequence[Study]:
    return await intake.studies_with_news(
        session, ae_title=bench.settings.ae_title, limit=_BATCH, without=passed.untaken
    )


async def _tell_case(
    session: AsyncSession, study: Study, *, bench: Bench, passed: _Passed, now: datetime
) -> list[int]:
    study_id = study.id
    due: list[int] = []

    async def tell() -> None:
        case_id = await pipeline.images_arrived(session, study, settings=bench.settings, now=now)
        due.extend([] if case_id is None else [case_id])

    if not await succeeds(session, tell, study=study_id):
        passed.untaken.add(study_id)
        return []
    return due


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


async def _complete_case(session: AsyncSession, study_id: int, *, now: datetime) -> list[int]:
    due: list[int] = []

    async def tell() -> None:
        due.extend(await pipeline.studies_completed(session, [study_id], now=now))

    return due if await succeeds(session, tell, study=study_id) else []


async def _offer_apart(session: AsyncSession, due: Sequence[int], *, now: datetime) -> None:
    # When nobody can be found for a case, it must be on the worklist all the same. Last, as the
    # lock of deciding is held until the end.
    for part in pipeline.take_parts(due):
        for case_id in part:
            await succeeds(
                session, partial(pipeline.offer_at_once, session, case_id, now=now), case=case_id
            )


JOB = Job(name="studies", run=run, find_next_due=intake.find_next_due, goes_first=True)
