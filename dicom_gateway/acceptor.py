"""The network side of the gateway, on pynetdicom; beside `transport` nothing here knows it.

It knows of the rest of the gateway only `dicom_gateway.ports`. pynetdicom is bent where it would
hurt a gateway that is on duty: a peer that stalls, endless PDUs, a backlog of five, its choice of
transfer syntax, its log.
"""

import errno
import logging
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, cast

import structlog
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom import _config, evt
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE, A_P_ABORT
from pynetdicom.presentation import AllStoragePresentationContexts, PresentationContext

from app.kit.errors import Unavailable
from app.settings import Bind
from dicom_gateway.admission import AssociationRequest, RefusalReason
from dicom_gateway.arrival import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    Instance,
)
from dicom_gateway.notifications import (
    NOTIFICATION_CLASSES,
    UNCOMPRESSED,
    NotificationHandlers,
    strip_uid,
)
from dicom_gateway.ports import AdmittedAssociation, Reception
from dicom_gateway.statuses import PROCESSING_FAILURE, SUCCESS, rejection_of
from dicom_gateway.transport import PeerHandler, PeerServer

if TYPE_CHECKING:
    import queue

    from pynetdicom.dimse_primitives import C_STORE

_log = structlog.get_logger(__name__)

_MAXIMUM_PDU_BYTES = 131_072
"""What we announce; DCMTK and Orthanc send no larger ones either."""
_NEGOTIATION_S = 15
_DIMSE_S = 60
_VERIFICATION = "1.2.840.10008.1.1"
_STORAGE = frozenset(str(each.abstract_syntax) for each in AllStoragePresentationContexts)
_TRANSFER_SYNTAXES = frozenset(str(each) for each in ALL_TRANSFER_SYNTAXES)


class PortBusy(Unavailable):
    """Another program listens on the address that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorSettings:
    """How to listen.

    Parameters
    ----------
    bind
        Where; port 0 lets the system choose.
    ae_title
        How we name ourselves.
    most_associations
        At the same time; one more is refused as "local limit exceeded".
    idle_timeout
        How long an open association may be silent.
    stall_timeout
        How long a peer may take for one PDU once it has begun it.
    """

    bind: Bind
    ae_title: str
    most_associations: int
    idle_timeout: timedelta
    stall_timeout: timedelta


class Acceptor:
    """Accepts associations on one port and hands them to the reception.

    Parameters
    ----------
    settings
        How to listen.
    reception
        Who decides, and takes the instances.
    """

    def __init__(self, settings: AcceptorSettings, *, reception: Reception) -> None:
        self._settings = settings
        self._reception = reception
        self._open: dict[Association, AdmittedAssociation] = {}
        self._server: PeerServer | None = None
        self._thread: Thread | None = None

    def start(self) -> Bind:
        """Listen; return the address with the port that the system chose.

        Raises
        ------
        PortBusy
            If the address is taken.
        Unavailable
            If it cannot be listened on for another reason.
        """
        _config.LOG_HANDLER_LEVEL = "none"
        # It would write every PDU, and errors that we report ourselves.
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
        bind = self._settings.bind
        try:
            server = self._make_server()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                msg = (
                    f"port {bind.port} of {bind.host} is in use by another program: stop it, or "
                    "set ASTREINTE_DICOM_BIND to a free port"
                )
                raise PortBusy(msg) from error
            raise Unavailable(f"cannot listen on {bind}: {error.strerror or error}") from error
        server.stall_s = self._settings.stall_timeout.total_seconds()
        server.sweep = self._sweep
        self._server = server
        self._thread = Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="dicom-acceptor"
        )
        self._thread.start()
        return Bind(bind.host, int(server.server_address[1]))

    def _make_server(self) -> PeerServer:
        entity = ApplicationEntity(self._settings.ae_title)
        entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        entity.maximum_pdu_size = _MAXIMUM_PDU_BYTES
        entity.maximum_associations = self._settings.most_associations
        entity.acse_timeout = _NEGOTIATION_S
        entity.dimse_timeout = _DIMSE_S
        entity.network_timeout = self._settings.idle_timeout.total_seconds()
        bind = self._settings.bind
        server = entity.make_server(
            (bind.host, bind.port),
            # Each association is given the contexts that it asks for: see _choose_contexts.
            contexts=[_make_context(_VERIFICATION, [ImplicitVRLittleEndian])],
            evt_handlers=[
                (evt.EVT_REQUESTED, self._decide),
                (evt.EVT_C_ECHO, self._echo),
                (evt.EVT_C_STORE, self._store),
                *NotificationHandlers(self._open.get).bind(),
                (evt.EVT_CONN_CLOSE, _give_up_waiting),
                (evt.EVT_ACSE_RECV, self._hear),
                (evt.EVT_RELEASED, self._end, ["released"]),
                (evt.EVT_ABORTED, self._end, ["aborted"]),
                (evt.EVT_REJECTED, self._end, ["refused"]),
            ],
            server_class=PeerServer,
            request_handler=PeerHandler,
        )
        our_server = cast("PeerServer", server)
        entity._servers.append(our_server)  # noqa: SLF001 - its shutdown() takes it out again
        return our_server

    def count_open(self) -> int:
        """Count the associations that are open."""
        return len(self._open)

    def stop_listening(self) -> None:
        """Take no further connection; open associations go on."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        if self._thread is not None:
            self._thread.join()

    def abort_open(self) -> None:
        """Abort the associations that are still open; what was acknowledged is kept."""
        for association in list(self._open):
            association.abort()
            self._close(association, "aborted")

    def _decide(self, event: evt.Event) -> None:
        association = event.assoc
        asked = cast("A_ASSOCIATE", association.requestor.primitive)
        try:
            request = AssociationRequest(
                called_ae_title=(asked.called_ae_title or "").strip(),
                calling_ae_title=(asked.calling_ae_title or "").strip(),
                address=str(association.requestor.address),
            )
            answer = self._reception.open(request)
        except Exception as error:  # noqa: BLE001 - the edge: pynetdicom would log it, and accept
            _log.exception("request_failed", exc_info=error)
            answer = RefusalReason.FAULT
        if isinstance(answer, RefusalReason):
            association.acse.send_reject(*rejection_of(answer))
            association.kill()
            return
        self._open[association] = answer
        association.acceptor.supported_contexts = _choose_contexts(asked)

    def _echo(self, event: evt.Event) -> int:
        return SUCCESS if event.assoc in self._open else PROCESSING_FAILURE

    def _store(self, event: evt.Event) -> int:
        admitted = self._open.get(event.assoc)
        if admitted is None:
            return PROCESSING_FAILURE
        request = cast("C_STORE", event.request)
        data_set = request.DataSet.getbuffer() if request.DataSet else b""
        instance = Instance(
            sop_class_uid=strip_uid(request.AffectedSOPClassUID),
            sop_instance_uid=strip_uid(request.AffectedSOPInstanceUID),
            transfer_syntax_uid=str(event.context.transfer_syntax),
            data_set=data_set,
        )
        return admitted.receive(instance)

    def _hear(self, event: evt.Event) -> None:
        # The provider's abort means that the connection broke, was silent, or spoke nonsense.
        if isinstance(getattr(event, "primitive", None), A_P_ABORT):
            self._close(event.assoc, "lost")

    def _end(self, event: evt.Event, outcome: str) -> None:
        self._close(event.assoc, outcome)

    def _sweep(self) -> None:
        # Whatever else ended its thread, an association must not stay open in the journal.
        for association in list(self._open):
            if not association.is_alive():
                self._close(association, "lost")

    def _close(self, association: Association, outcome: str) -> None:
        admitted = self._open.pop(association, None)
        if admitted is not None:
            admitted.end(outcome=outcome)


def _give_up_waiting(event: evt.Event) -> None:
    # A connection that ended before its request would hold its slot until the end of the wait.
    if event.assoc.requestor.primitive is None:
        waiting = cast("queue.Queue[None]", event.assoc.dul.to_user_queue)
        waiting.put(None)


def _choose_contexts(asked: A_ASSOCIATE) -> list[PresentationContext]:
    """Support what is asked for as far as we know it, in the peer's order of preference.

    pynetdicom would take our order of transfer syntaxes, and so make modalities decompress; and
    it would copy some 200 contexts for each association.
    """
    wanted: dict[str, list[str]] = {}
    for proposed in asked.presentation_context_definition_list:
        abstract = str(proposed.abstract_syntax)
        if abstract in _STORAGE or abstract == _VERIFICATION:
            taken = _TRANSFER_SYNTAXES
        elif abstract in NOTIFICATION_CLASSES:
            taken = UNCOMPRESSED
        else:
            continue
        known = [str(each) for each in proposed.transfer_syntax]
        wanted.setdefault(abstract, []).extend(each for each in known if each in taken)
    return [_make_context(abstract, syntaxes) for abstract, syntaxes in wanted.items()]


def _make_context(abstract: str, transfer_syntaxes: list[str]) -> PresentationContext:
    context = PresentationContext()
    context.abstract_syntax = UID(abstract)
    for each in dict.fromkeys(transfer_syntaxes):
        context.add_transfer_syntax(each)
    return context
