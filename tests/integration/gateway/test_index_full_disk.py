"""On a full disk the index goes on with what needs no room."""

import pytest
from structlog.testing import capture_logs

from app.db.session import Sessions
from app.directory.models import Sender
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalWriter
from dicom_gateway.spool import Spool
from tests.factories.dicom import make_ct_slice
from tests.factories.spooled import read_rows, spool_one
from tests.unit.dicom_gateway.test_journal import START

pytestmark = pytest.mark.asyncio


async def test_a_journal_that_cannot_be_acknowledged_keeps_no_image_waiting(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    journal = JournalWriter(spool.layout.journal)
    journal.write(START)
    # A folder in the place of the new cursor: the system refuses, as a full disk does.
    in_the_way = journal.path.with_suffix(".part")
    in_the_way.mkdir()

    with capture_logs() as logs:
        spool_one(spool, make_ct_slice(), sender_id=sender.id)
        await index.index_all()
        spool_one(spool, make_ct_slice(), sender_id=sender.id)
        await index.index_all()
    in_the_way.rmdir()
    await index.index_all()

    assert len(await read_rows(sessions)) == 2
    stuck = [each for each in logs if each["event"] == "journal_not_acknowledged"]
    assert len(stuck) == 1
    assert journal.path.with_suffix(".read").exists()
    journal.close()
