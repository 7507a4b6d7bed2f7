"""The front of a gateway process, put together: what listens, admits and receives."""

from collections.abc import Callable
from contextlib import ExitStack

from app.kit.clock import read_host_clock
from app.settings import Bind, Settings
from dicom_gateway.acceptor import Acceptor, AcceptorSettings
from dicom_gateway.admission import called_titles
from dicom_gateway.commitment import CommitmentDesk
from dicom_gateway.database import find_url
from dicom_gateway.journal import JournalWriter
from dicom_gateway.receiving import Receiving
from dicom_gateway.reception import AdmissionRules, GatewayReception
from dicom_gateway.segments.writer import SegmentWriter
from dicom_gateway.slots import Slots
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from dicom_gateway.tls import TlsContexts, TlsFiles, open_server_contexts


class Front:
    """Listens, admits, and brings arrivals to the disk.

    Parameters
    ----------
    settings
        The settings of the process.
    spool
        Where arrivals are kept; it is prepared.
    wake
        Called after each arrival and each end of an association; must return at once.
    shares_port
        Do other processes of ours listen on the same ports?

    Raises
    ------
    Unavailable
        If the files of TLS cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        spool: Spool,
        wake: Callable[[], None],
        shares_port: bool = False,
    ) -> None:
        layout = spool.layout
        with ExitStack() as stack:
            journal = JournalWriter(layout.journal)
            stack.callback(journal.close)
            segments = SegmentWriter(layout.segments, reserve_bytes=settings.disk_reserve_bytes)
            stack.callback(segments.close)
            slots = Slots(layout.open_associations, most=settings.dicom_associations)
            stack.callback(slots.close)
            receiving = Receiving(spool, segments=segments)
            reception = GatewayReception(
                receiving=receiving,
                journal=journal,
                rules=_make_rules(settings),
                read_senders=SnapshotFile(layout.admission).read,
                read_clock=read_host_clock,
                wake=wake,
                slots=slots,
            )
            desk = CommitmentDesk(
                announcing=reception.announcing, find_url=lambda: find_url(settings)
            )
            stack.callback(desk.close)
            reception.desk = desk
            self.acceptor = Acceptor(
                _make_acceptor_settings(settings, shares_port=shares_port),
                reception=reception,
                contexts=_open_contexts(settings),
            )
            receiving.call_soon = self.acceptor.call_soon
            self._held = stack.pop_all()

    def start(self) -> Bind:
        """Listen; return the address with the port that the system chose.

        Raises
        ------
        Unavailable
            If it cannot be listened on; nothing is held any more.
        """
        try:
            return self.acceptor.start()
        except BaseException:
            self._held.close()
            raise

    def close(self) -> None:
        """Abort what is still open, and give everything up; what was acknowledged is kept."""
        self.acceptor.stop_listening()
        self.acceptor.abort_open()
        self._held.close()


def _make_rules(settings: Settings) -> AdmissionRules:
    return AdmissionRules(
        called=called_titles(settings.ae_title),
        own_title=settings.ae_title,
        grace=settings.dicom_tls_grace,
        most_of_sender=settings.dicom_sender_associations,
    )


def _make_acceptor_settings(settings: Settings, *, shares_port: bool) -> AcceptorSettings:
    return AcceptorSettings(
        bind=settings.dicom_bind,
        idle_timeout=settings.dicom_idle_timeout,
        stall_timeout=settings.dicom_stall_timeout,
        tls_bind=settings.dicom_tls_bind,
        shares_port=shares_port,
    )


def _open_contexts(settings: Settings) -> TlsContexts | None:
    if settings.dicom_tls_bind is None:
        return None
    return open_server_contexts(TlsFiles.from_settings(settings))
