"""The messages of one association that is established: requests to services, their responses."""

from collections.abc import Callable, Sequence

from dicom_gateway.dimse.assembly import Assembly
from dicom_gateway.dimse.command_set import Command, CommandField, encode_response
from dicom_gateway.dimse.service import AcceptedContext
from dicom_gateway.dimse.sink import Sink
from dicom_gateway.ports import AdmittedAssociation
from dicom_gateway.statuses import UNRECOGNIZED_OPERATION
from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu, encode_p_data

_RESPONSE = 0x8000


class Exchange:
    """Gives each request to the service that took its context, and sends the responses.

    Parameters
    ----------
    contexts
        Those that we took.
    of
        The association.
    send
        Sends bytes to the peer.
    max_pdu_bytes
        The longest that the peer takes; 0: any.
    """

    def __init__(
        self,
        contexts: Sequence[AcceptedContext],
        *,
        of: AdmittedAssociation,
        send: Callable[[bytes], None],
        max_pdu_bytes: int,
    ) -> None:
        self._contexts = {each.context_id: each for each in contexts}
        self._admitted = of
        self._send = send
        self._max_pdu_bytes = max_pdu_bytes
        self._is_over = False
        self.assembly = Assembly(self)
        self.unanswered = 0

    def accepts(self, context_id: int) -> bool:
        """Was this presentation context accepted?"""
        return context_id in self._contexts

    def begin(self, request: Command, *, context_id: int) -> Sink | None:
        """Give a request to its service.

        Raises
        ------
        MalformedPdu
            If it is a response: we never asked anything.
        """
        if request.command_field & _RESPONSE:
            raise MalformedPdu(
                AbortReason.UNEXPECTED_PARAMETER, "a response came, and nothing was asked"
            )
        if request.command_field is CommandField.C_CANCEL_RQ:
            # It has no response, and what it would cancel is over (PS3.7 §9.3.2.3).
            return None
        context = self._contexts[context_id]
        self.unanswered += 1
        responder = _Responder(self, request, context_id=context_id)
        if request.command_field not in context.service.command_fields:
            return _refuse(request, responder)
        return context.service.begin(
            request, context=context, of=self._admitted, responder=responder
        )

    def send(self, response: bytes, *, context_id: int) -> None:
        """Send a response, unless the association is over."""
        self.unanswered -= 1
        if not self._is_over:
            self._send(
                encode_p_data(context_id, command=response, max_pdu_bytes=self._max_pdu_bytes)
            )

    def give_up(self) -> None:
        """Forget what is not whole, and answer nothing more: the association ended."""
        self._is_over = True
        self.assembly.give_up()


class _Responder:
    __slots__ = ("_context_id", "_exchange", "_request")

    def __init__(self, exchange: Exchange, request: Command, *, context_id: int) -> None:
        self._exchange = exchange
        self._request = request
        self._context_id = context_id

    def respond(
        self,
        status: int,
        *,
        error_id: int | None = None,
        affected_sop_instance_uid: str | None = None,
    ) -> None:
        response = encode_response(
            self._request,
            status,
            error_id=error_id,
            affected_sop_instance_uid=affected_sop_instance_uid or "",
        )
        self._exchange.send(response, context_id=self._context_id)


def _refuse(request: Command, responder: _Responder) -> Sink | None:
    if request.has_data_set:
        return _Refused(responder)
    responder.respond(UNRECOGNIZED_OPERATION)
    return None


class _Refused:
    """Passes over the data set of a request that the context's service does not know."""

    def __init__(self, responder: _Responder) -> None:
        self._responder = responder

    def write(self, fragment: memoryview) -> None:
        """Pass over it."""

    def finish(self) -> None:
        """Say that the operation is not known (PS3.7 §C.5.9)."""
        self._responder.respond(UNRECOGNIZED_OPERATION)

    def give_up(self) -> None:
        """Nothing was kept."""
