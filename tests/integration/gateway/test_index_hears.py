"""What the journal holds beside starts and ends: announcements, marks, refusals."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.db.session import Sessions
from app.directory.models import Sender
from app.intake.domain.announcements import AnnouncementHeard, Source
from app.intake.models import Announcement, Association, Study
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalReader, JournalWriter
from dicom_gateway.spool import Spool
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice, make_ct_study
from tests.factories.journalled import make_seen
from tests.factories.spooled import spool_one
from tests.integration.gateway.notices import Ear, list_woken, listen_to_work

pytestmark = pytest.mark.asyncio


def make_heard(*uids: str, sender_id: int, study: str = "1.2.9") -> AnnouncementHeard:
    return AnnouncementHeard(
        announcement_id=uuid.uuid4(),
        sender_id=sender_id,
        source=Source.MPPS,
        study_instance_uid=study,
        step_uid="1.2.3",
        said_at=ACQUIRED_AT,
        instance_count=len(uids),
        sop_instance_uids=uids,
    )


@pytest_asyncio.fixture
async def ear(database_url: str) -> AsyncIterator[Ear]:
    """Give a connection that hears which jobs are woken."""
    async with listen_to_work(database_url) as opened:
        yield opened


async def list_announcements(sessions: Sessions) -> list[Announcement]:
    async with sessions() as session:
        return list(await session.scalars(select(Announcement)))


async def test_announcements_of_a_dead_gateway_are_recorded_once(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    study = make_ct_study()
    slices = [make_ct_slice(study, number=number) for number in (1, 2)]
    uids = [str(each.SOPInstanceUID) for each in slices]
    journal = JournalWriter(spool.layout.journal)
    journal.write_announcement(
        make_heard(*uids, sender_id=sender.id, study=study.study_instance_uid)
    )
    await index.index_all()
    # Dead: its file is read whole once more.
    journal.close()
    for each in slices:
        spool_one(spool, each, sender_id=sender.id)
    await index.index_all()

    assert len(await list_announcements(sessions)) == 1
    async with sessions() as session:
        row = (await session.scalars(select(Study))).one()
    assert row.complete_reason == "2 of 2 images announced by MPPS"
    assert list(spool.layout.journal.iterdir()) == []


async def test_an_announcement_that_cannot_be_recorded_keeps_no_other_waiting(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    journal = JournalWriter(spool.layout.journal)
    good = [make_heard("1.1", sender_id=sender.id) for _ in range(2)]
    # A peer cannot bring this about: UIDs are checked. The database refuses NUL.
    bad = replace(make_heard("1.1", sender_id=sender.id), step_uid="1\0")
    unknown = make_heard("1.1", sender_id=999_999)
    for each in (good[0], bad, unknown, good[1]):
        journal.write_announcement(each)

    await index.index_all()

    recorded = {each.id for each in await list_announcements(sessions)}
    assert recorded == {each.announcement_id for each in good}
    assert list(JournalReader(spool.layout.journal).read_news()) == []
    journal.close()


async def test_marks_and_refusals_reach_the_log_and_wake_who_tells_of_them(
    spool: Spool,
    sessions: Sessions,
    sender: Sender,
    index: IndexWriter,
    ear: Ear,
) -> None:
    journal = JournalWriter(spool.layout.journal)
    plain = make_seen(sender_id=sender.id)
    journal.write(plain)
    await index.index_all()
    quiet = await list_woken(ear)
    marked = replace(make_seen(sender_id=sender.id), mark="unknown_calling")
    journal.write(marked)
    # The end does not take the mark away.
    journal.write(replace(marked, closed_at=ACQUIRED_AT, outcome="released"))
    await index.index_all()

    assert quiet == []
    assert await list_woken(ear) == ["associations"]
    async with sessions() as session:
        rows = await session.execute(select(Association.id, Association.mark))
        marks = {row.id: row.mark for row in rows}
    assert marks == {plain.association_id: None, marked.association_id: "unknown_calling"}
    journal.close()


async def test_a_study_that_was_announced_wakes_the_job_of_studies(
    spool: Spool,
    sender: Sender,
    index: IndexWriter,
    ear: Ear,
) -> None:
    study = make_ct_study()
    slice_ = make_ct_slice(study)
    spool_one(spool, slice_, sender_id=sender.id)
    await index.index_all()
    await list_woken(ear)
    journal = JournalWriter(spool.layout.journal)
    journal.write_announcement(
        make_heard(str(slice_.SOPInstanceUID), sender_id=sender.id, study=study.study_instance_uid)
    )

    await index.index_all()

    assert "studies" in await list_woken(ear)
    journal.close()
