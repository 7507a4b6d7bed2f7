"""The index: the process of the gateway that settles and indexes what receptions have spooled."""

from app.db.clock import DatabaseClock
from app.db.session import Sessions
from app.intake.service import read_waits
from app.settings import Settings
from dicom_gateway.database import find_url
from dicom_gateway.index import IndexWriter
from dicom_gateway.indexing import Indexing
from dicom_gateway.journal import JournalReader
from dicom_gateway.process import Asked, open_spool
from dicom_gateway.segments.settler import Settler
from dicom_gateway.snapshot import SnapshotFile


def run_index(settings: Settings) -> None:
    """Settle and index until the process is told to stop.

    Call it from the main thread.

    Raises
    ------
    Unavailable
        If the data folder cannot be written; the message says what to do.
    """
    asked = Asked()
    spool = open_spool(settings)
    snapshot = SnapshotFile(spool.layout.admission)

    def make_writer(sessions: Sessions) -> IndexWriter:
        return IndexWriter(
            spool=spool,
            journal=JournalReader(spool.layout.journal),
            snapshot=snapshot,
            sessions=sessions,
            clock=DatabaseClock(),
            waits=read_waits(settings),
        )

    indexing = Indexing(
        lock_path=spool.layout.incoming.parent / "index.lock",
        find_url=lambda: find_url(settings),
        settler=Settler(spool.layout),
        make_writer=make_writer,
    )
    indexing.start()
    try:
        asked.wait()
    finally:
        indexing.stop()
