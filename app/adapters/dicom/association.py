"""An association that we open, with the timeouts that pynetdicom leaves out."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.transport import AssociationSocket

from app.adapters.dicom.tls import ClientContexts, Handshake, require_context
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination
from app.kit.errors import Unavailable

# Files are sent from the disk as they are; else each would be decoded and encoded again.
_config.STORE_SEND_CHUNKED_DATASET = True
_config.LOG_HANDLER_LEVEL = "none"


def _close_always(wrapper: AssociationSocket) -> None:
    """Close a socket also when there is nothing to shut down."""
    if wrapper.socket is not None:
        with suppress(OSError):
            wrapper.socket.shutdown(socket.SHUT_RDWR)
        wrapper.socket.close()


# Of pynetdicom 3.0.4: after a refused connection the shutdown fails and the close is passed over,
# so that each try of a receiver that is down would leave a socket open.
setattr(AssociationSocket, "_shutdown_socket", _close_always)  # noqa: B010 - not ours

# PS3.8 table 9-21, as (source, reason).
_REJECTIONS = {
    (1, 1): "no reason given",
    (1, 2): "application context not supported",
    (1, 3): "our AE title is not known there",
    (1, 7): "its AE title is another one",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "too many associations",
}


_SLOWEST_LINE = 32 * 1024
"""Bytes a second: 256 kbit/s."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each step of an association may take, in seconds.

    Attributes
    ----------
    connect_s
        The TCP connection.
    acse_s
        The answer to the request or the release of the association.
    dimse_s
        The answer to one message, once it is sent.
    network_s
        A single read or write on the socket.
    """

    connect_s: float = 10.0
    acse_s: float = 15.0
    dimse_s: float = 60.0
    network_s: float = 60.0

    def for_object(self, size_bytes: int) -> float:
        """Say how long the answer to an object may take from the moment its sending begins.

        pynetdicom hands the object to another thread and waits at once. A line that stands still
        is noticed by `network_s`; one that is slow gets its time.
        """
        return self.dimse_s + size_bytes / _SLOWEST_LINE


class NoAssociationError(Exception):
    """The association did not come about."""

    def __init__(self, outcome: Outcome, *, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


def propose(abstract_syntax: str, *, transfer_syntax: str) -> PresentationContext:
    """Make a presentation context of one abstract and one transfer syntax."""
    return build_context(abstract_syntax, transfer_syntax)


@contextmanager
def open_association(
    to: Destination,
    *,
    calling_ae_title: str,
    contexts: Sequence[PresentationContext],
    patience: Patience,
    tls: ClientContexts | None = None,
    roles: Iterable[SCP_SCU_RoleSelectionNegotiation] = (),
) -> Iterator[Association]:
    """Open an association, and release it at the end; abort it when the body fails.

    Parameters
    ----------
    roles
        Of the classes for which we are something else than their user (PS3.7 §D.3.3.4).

    Raises
    ------
    NoAssociationError
        If nobody answers, or the peer rejects.
    """
    association = associate(
        to,
        calling_ae_title=calling_ae_title,
        contexts=contexts,
        patience=patience,
        tls=tls,
        roles=roles,
    )
    try:
        yield association
    except BaseException:
        association.abort()
        raise
    if association.is_established:
        association.release()


def associate(
    to: Destination,
    *,
    calling_ae_title: str,
    contexts: Sequence[PresentationContext],
    patience: Patience,
    tls: ClientContexts | None = None,
    roles: Iterable[SCP_SCU_RoleSelectionNegotiation] = (),
) -> Association:
    """Open an association that the caller releases or aborts; `tls` is for nodes that want it.

    Raises
    ------
    NoAssociationError
        If nobody answers, the peer rejects, or TLS is wanted and does not come about.
    """
    entity = _make_entity(calling_ae_title, patience=patience)
    handlers: list[Any] = [(evt.EVT_CONN_OPEN, _tune, [patience.network_s])]
    try:
        handshake = Handshake(require_context(tls)) if to.tls else None
        association = entity.associate(
            to.host,
            to.port,
            contexts=list(contexts),
            ae_title=to.ae_title,
            ext_neg=list(roles),
            evt_handlers=handlers,
            tls_args=cast("Any", (handshake, to.host) if handshake else None),
        )
    except (OSError, RuntimeError, TypeError, ValueError, Unavailable) as error:
        detail = f"cannot call {to.ae_title} at {to.host}:{to.port}: {error}"
        raise NoAssociationError(Outcome.UNREACHABLE, detail=detail) from error
    if not association.is_established:
        hand_on_rejection(association)
        raise _explain(association, to, handshake=handshake)
    return_answers(association)
    return association


def _make_entity(ae_title: str, *, patience: Patience) -> AE:
    entity = AE(ae_title=ae_title)
    entity.connection_timeout = patience.connect_s
    entity.acse_timeout = patience.acse_s
    entity.dimse_timeout = patience.dimse_s
    entity.network_timeout = patience.network_s
    entity.maximum_pdu_size = 0
    return entity


def _tune(event: evt.Event, timeout_s: float) -> None:
    """Bound every read and write: pynetdicom waits for ever for the rest of a PDU."""
    wrapper = event.assoc.dul.socket
    connection = wrapper.socket if wrapper else None
    if connection is None:
        return
    connection.settimeout(timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def return_answers(association: Association) -> None:
    """Let no answer get lost between pynetdicom's two threads.

    `send_c_store` pauses the association's own thread and then waits for the answer. When that
    thread has just been let go after the answer before, it still counts as paused (3.0.4,
    `_is_paused`); it runs once more, takes the new answer off the queue and drops it, and the
    sender waits until its timeout: on a busy machine, about once in a thousand objects. Here an
    answer that it takes goes back into the queue; the empty message that ends the wait when the
    association is lost stays in it.
    """
    serve = association._serve_request  # noqa: SLF001 - see above

    def serve_or_return(message: Any, context_id: int) -> None:  # noqa: ANN401 - any DIMSE message
        if getattr(message, "MessageIDBeingRespondedTo", None) is None:
            serve(message, context_id)
        else:
            association.dimse.msg_queue.put((context_id, message))

    dimse = association.dimse
    take = dimse.get_msg

    def take_or_leave(block: bool = False) -> tuple[int | None, Any]:  # noqa: FBT001, FBT002 - its signature
        # Only the association's own thread asks without waiting.
        if not block and dimse.peek_msg()[1] is None:
            return None, None
        return take(block=block)

    setattr(association, "_serve_request", serve_or_return)  # noqa: B010 - not ours
    setattr(dimse, "get_msg", take_or_leave)  # noqa: B010 - not ours


def hand_on_rejection(association: Association) -> None:
    """Hand on a rejection that pynetdicom has read and not looked at.

    Its thread of the network connects, sends the request and reads the answer. The one that
    requests looks first whether the connection stands (3.0.4, `_negotiate_as_requestor`): when it
    gets there late, the rejection has closed it, passes for a peer that is not there, and stays in
    the queue. On a busy machine that is one rejection in five.
    """
    answer: Any = association.dul.peek_next_pdu()
    if isinstance(answer, A_ASSOCIATE) and answer.result:
        association.acceptor.primitive = answer
        association.is_aborted, association.is_rejected = False, True


def _explain(
    association: Association, to: Destination, *, handshake: Handshake | None
) -> NoAssociationError:
    address = f"{to.ae_title} at {to.host}:{to.port}"
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        where, why = answer.result_source or 0, answer.diagnostic or 0
        reason = _REJECTIONS.get((where, why), "unknown reason")
        return NoAssociationError(
            Outcome.REJECTED, detail=f"{address} rejected the association: {reason}"
        )
    if answer is not None:
        return NoAssociationError(
            Outcome.NO_CONTEXT, detail=f"{address} accepts none of the classes and syntaxes"
        )
    failure = handshake.find_failure() if handshake else None
    return NoAssociationError(
        Outcome.UNREACHABLE,
        detail=f"{address}: {failure}" if failure else f"{address} does not answer",
    )
