"""Asks the senders of studies that fall silent how many images they have."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.ports import Archive, StudyCounter
from app.intake.repository import announcements as repository
from app.intake.repository.announcements import StudyToCount
from app.intake.service import announcements, read_waits
from app.kit.ids import draw_arrival_id
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_BATCH = 8
_SILENCE = timedelta(seconds=10)
"""Before, images are still coming: their number would only be a number of the moment."""
_PAUSE = timedelta(seconds=20)
"""Between two questions about a study, whatever became of the first."""


async def run(bench: Bench) -> None:
    """Ask for every study that is due, a few at a time and outside of any transaction."""
    counter = bench.counter
    if counter is None:
        return
    while due := await bench.transact(_take):
        await asyncio.gather(*(_ask(bench, study, counter=counter) for study in due))


async def _take(session: AsyncSession, now: datetime) -> Sequence[StudyToCount]:
    """Choose the studies to ask for, and note that they are asked for now."""
    due = await repository.lock_to_count(
        session, silent_since=now - _SILENCE, asked_before=now - _PAUSE, limit=_BATCH
    )
    await repository.note_asked(session, study_ids=[each.study_id for each in due], at=now)
    return due


async def _ask(bench: Bench, study: StudyToCount, *, counter: StudyCounter) -> None:
    archive = Archive(study.ae_title, study.host, study.port, study.tls)
    counted = await counter.count(study.study_instance_uid, at=archive)
    count = counted.instance_count
    if count is None:
        # It costs this source only: the others, and silence, go on.
        _log.warning("count_unknown", study_id=study.study_id, reason=counted.detail)
        return
    announcement_id = draw_arrival_id()

    async def note(session: AsyncSession, now: datetime) -> None:
        await announcements.note_count(
            session,
            study_id=study.study_id,
            announcement_id=announcement_id,
            count=count,
            waits=read_waits(bench.settings),
            now=now,
        )

    await bench.transact(note)
    _log.info("study_counted", study_id=study.study_id, count=count)


async def _find_next_due(session: AsyncSession) -> datetime | None:
    return await repository.find_next_count(session, silence=_SILENCE, pause=_PAUSE)


JOB = Job(name="counts", run=run, find_next_due=_find_next_due)
