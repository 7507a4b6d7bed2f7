"""The gateway's process: listens, spools, indexes; starts and goes on without the database."""

import signal
import time
from pathlib import Path
from threading import Event

import structlog

from app.db.clock import DatabaseClock
from app.db.session import Sessions
from app.intake.service import read_waits
from app.kit.clock import read_host_clock, read_monotonic_s
from app.kit.errors import Unavailable
from app.settings import Settings
from app.store.layout import Layout
from dicom_gateway.acceptor import Acceptor, AcceptorSettings
from dicom_gateway.admission import called_titles
from dicom_gateway.database import find_url
from dicom_gateway.index import IndexWriter
from dicom_gateway.indexing import Indexing
from dicom_gateway.journal import JournalReader, JournalWriter
from dicom_gateway.reception import GatewayReception
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool

_log = structlog.get_logger(__name__)
_GRACE_S = 10
"""How long open associations may go on after the signal to stop."""


def run(settings: Settings) -> None:
    """Run until the process is told to stop (SIGTERM, SIGINT).

    Raises
    ------
    Unavailable
        If the data folder cannot be written, or the port is busy; the message says what to do.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    gateway = Gateway(settings)
    gateway.start()
    try:
        stop.wait()
    finally:
        gateway.stop()


class Gateway:
    """All parts of one gateway process.

    Parameters
    ----------
    settings
        The settings of the process.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        layout = Layout(settings.data_dir.absolute())
        self._spool = Spool(layout, reserve_bytes=settings.disk_reserve_bytes)
        self._snapshot = SnapshotFile(layout.admission)
        _prepare(self._spool, layout.data_dir)
        self._journal = JournalWriter(layout.journal)
        self._indexing = Indexing(
            lock_path=layout.incoming.parent / "index.lock",
            find_url=lambda: find_url(settings),
            make_writer=self._make_writer,
        )
        self._acceptor = Acceptor(
            AcceptorSettings(
                bind=settings.dicom_bind,
                ae_title=settings.ae_title,
                most_associations=settings.dicom_associations,
                idle_timeout=settings.dicom_idle_timeout,
                stall_timeout=settings.dicom_stall_timeout,
            ),
            reception=GatewayReception(
                spool=self._spool,
                journal=self._journal,
                called=called_titles(settings.ae_title),
                read_senders=self._snapshot.read,
                read_clock=read_host_clock,
                wake=self._indexing.wake,
                own_title=settings.ae_title,
            ),
        )

    def _make_writer(self, sessions: Sessions) -> IndexWriter:
        return IndexWriter(
            spool=self._spool,
            journal=JournalReader(self._spool.layout.journal),
            snapshot=self._snapshot,
            sessions=sessions,
            clock=DatabaseClock(),
            waits=read_waits(self._settings),
        )

    def start(self) -> None:
        """Listen, and begin to index.

        Raises
        ------
        Unavailable
            If the port is busy.
        """
        try:
            bind = self._acceptor.start()
        except Unavailable:
            self._journal.close()
            raise
        self._indexing.start()
        _log.info("gateway_listens", address=str(bind), ae_title=self._settings.ae_title)

    def stop(self) -> None:
        """Take no more associations, let open ones finish for a while, index what there is."""
        self._acceptor.stop_listening()
        until_s = read_monotonic_s() + _GRACE_S
        while self._acceptor.count_open() and read_monotonic_s() < until_s:
            time.sleep(0.05)
        self._acceptor.abort_open()
        self._journal.close()
        self._indexing.stop()
        _log.info("gateway_stopped")


def _prepare(spool: Spool, data_dir: Path) -> None:
    try:
        spool.prepare()
    except OSError as error:
        msg = (
            f"the data folder {data_dir} cannot be written ({error.strerror}): give its owner's "
            "account, or choose another with ASTREINTE_DATA_DIR"
        )
        raise Unavailable(msg) from error
