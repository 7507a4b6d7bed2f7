"""A spool, a sender in the directory, and an index writer between them."""

from pathlib import Path

import pytest
import pytest_asyncio

from app.db.clock import DatabaseClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.store.layout import Layout
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalReader
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from tests.factories.arrivals import WAITS
from tests.factories.directory import add_sender, add_site, add_society


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(Layout(tmp_path / "var"), reserve_bytes=0)
    spool.prepare()
    return spool


@pytest_asyncio.fixture
async def sender(sessions: Sessions) -> Sender:
    async with unit_of_work(sessions) as session:
        society = await add_society(session)
        site = await add_site(session, society_id=society.id)
        return await add_sender(session, site_id=site.id, addresses=("10.0.0.0/8",))


@pytest.fixture
def index(spool: Spool, sessions: Sessions) -> IndexWriter:
    return IndexWriter(
        spool=spool,
        journal=JournalReader(spool.layout.journal),
        snapshot=SnapshotFile(spool.layout.admission),
        sessions=sessions,
        clock=DatabaseClock(),
        waits=WAITS,
    )
