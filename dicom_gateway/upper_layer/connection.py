"""One connection of a peer: PS3.8's state machine around the messages of an association.

A connection lives in the event loop's thread only. The bytes of all of them go through one buffer,
which is read to its end before anybody else's bytes come: nothing of it may be kept.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

import structlog

from app.intake.domain.arrival import (
    GATEWAY_STOPS,
    MALFORMED,
    SILENT,
    STALLED,
    TAKES_NO_ANSWER,
)
from app.kit.clock import read_monotonic_s
from dicom_gateway.certificates import CertificateSeen
from dicom_gateway.statuses import Rejection
from dicom_gateway.upper_layer.common import Common
from dicom_gateway.upper_layer.exchange import Exchange
from dicom_gateway.upper_layer.framing import Framing
from dicom_gateway.upper_layer.machine import Action, Event, State, find_transition
from dicom_gateway.upper_layer.opening import accept, ask, find_address, read_request
from dicom_gateway.upper_layer.pdu import (
    RELEASE_RP,
    AbortReason,
    AbortSource,
    MalformedPdu,
    PduType,
    encode_abort,
    encode_reject,
)
from dicom_gateway.upper_layer.turns import LONG_S, let_others

if TYPE_CHECKING:
    from dicom_gateway.ports import AdmittedAssociation
    from dicom_gateway.upper_layer.associate import AssociateRequest

_log = structlog.get_logger(__name__)
_EVENTS = {
    PduType.ASSOCIATE_RQ: Event.REQUEST_RECEIVED,
    PduType.ASSOCIATE_AC: Event.ACCEPT_RECEIVED,
    PduType.ASSOCIATE_RJ: Event.REJECT_RECEIVED,
    PduType.RELEASE_RQ: Event.RELEASE_RECEIVED,
    PduType.RELEASE_RP: Event.RELEASE_ANSWER_RECEIVED,
    PduType.ABORT: Event.ABORT_RECEIVED,
}
_MUCH_BYTES = 16 << 10
"""A read of so much is progress, also within a long PDU."""


class Connection(asyncio.BufferedProtocol):
    """A peer's connection, from its first byte to its last.

    Parameters
    ----------
    common
        What it shares with the others.
    read_certificate
        Reads the peer's certificate when the connection is one of TLS; else missing.
    """

    def __init__(
        self,
        common: Common,
        *,
        read_certificate: Callable[[asyncio.BaseTransport], CertificateSeen] | None = None,
    ) -> None:
        self._common = common
        self._read_certificate = read_certificate
        self._framing = Framing(self)
        self._state = State.IDLE
        self._transport: asyncio.Transport | None = None
        self._certificate: CertificateSeen | None = None
        self._request: AssociateRequest | None = None
        self._exchange: Exchange | None = None
        self.admitted: AdmittedAssociation | None = None
        # What is malformed says more; any other PDU is one that its state does not expect.
        self._abort_reason = AbortReason.UNEXPECTED_PDU
        self._rejection: Rejection | None = None
        self._artim_at_s: float | None = None
        self.heard_at_s = self._pdu_at_s = read_monotonic_s()
        self._is_choked = False

    # ------------------------------------------------------------------ asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the peer has to ask for an association."""
        self._transport = cast("asyncio.Transport", transport)
        self._common.add(self)
        try:
            if self._read_certificate is not None:
                self._certificate = self._read_certificate(transport)
        except ValueError as error:
            # The handshake let it through: nothing that it says of itself can be believed.
            _log.warning("certificate_unreadable", reason=str(error))
            self._transport.abort()
            return
        self._fire(Event.TRANSPORT_INDICATED)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's argument
        """Give the one buffer: what is in it is read before anybody else asks."""
        return self._common.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes of one read."""
        self.heard_at_s = read_monotonic_s()
        was_within = self._framing.is_within_pdu
        try:
            self._framing.feed(self._common.buffer[:nbytes])
        except MalformedPdu as error:
            self._refuse(error)
        if not (was_within and self._framing.is_within_pdu) or nbytes >= _MUCH_BYTES:
            self._pdu_at_s = self.heard_at_s
        if read_monotonic_s() - self.heard_at_s > LONG_S and self._transport is not None:
            let_others(self._transport, may_go_on=lambda: not self._is_choked)

    def eof_received(self) -> None:
        """Let the transport close: who says nothing more has left."""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's argument
        """End: the connection is gone."""
        self._common.remove(self)
        if self._state is not State.IDLE:
            self._fire(Event.TRANSPORT_CLOSED)

    def pause_writing(self) -> None:
        """Read nothing more from a peer that does not take our answers."""
        self._is_choked = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        self._is_choked = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # ------------------------------------------------------------------ framing

    def begin_p_data(self) -> bool:
        """Take a P-DATA-TF in the one state that has messages (PS3.8 table 9-10)."""
        if self._state is State.ESTABLISHED:
            return True
        self._fire(Event.DATA_RECEIVED)
        return False

    def open_value(self, context_id: int, flags: int) -> None:
        """Begin a presentation data value."""
        if self._exchange is not None:
            self._exchange.assembly.open(context_id, flags)

    def write_value(self, fragment: memoryview) -> None:
        """Take bytes of the value that is open."""
        if self._exchange is not None:
            self._exchange.assembly.write(fragment)

    def close_value(self) -> None:
        """End the value that is open."""
        if self._exchange is not None:
            self._exchange.assembly.close()

    def take_pdu(self, kind: PduType, body: bytes) -> None:
        """Take a PDU that carries no message."""
        if kind is PduType.ASSOCIATE_RQ and self._state is State.AWAITING_REQUEST:
            self._request = read_request(body, transport=self._transport, common=self._common)
        self._fire(_EVENTS[kind])

    def _refuse(self, error: MalformedPdu) -> None:
        _log.warning("pdu_refused", association_id=self._name(), reason=error.message)
        self._abort_reason = error.reason
        self._end("lost", reason=MALFORMED)
        self._fire(Event.INVALID_PDU_RECEIVED)
        # Where the next PDU would begin is not known any more.
        self._framing.is_stopped = True

    # ------------------------------------------------------------------ timers

    def check(self, now_s: float) -> None:
        """End what takes too long; called a few times a second."""
        timers = self._common.timers
        if self._artim_at_s is not None:
            if now_s >= self._artim_at_s:
                self._fire(Event.TIMER_EXPIRED)
            return
        if self._state is not State.ESTABLISHED:
            return
        if self._framing.is_within_pdu and now_s - self._pdu_at_s > timers.stall_s:
            self._give_up(STALLED, outcome="lost")
        elif self._is_choked and now_s - self.heard_at_s > timers.stall_s:
            self._give_up(TAKES_NO_ANSWER, outcome="lost")
        elif now_s - self.heard_at_s > timers.idle_s and not self._is_answering():
            self._give_up(SILENT, outcome="lost")

    def _is_answering(self) -> bool:
        return self._exchange is not None and self._exchange.unanswered > 0

    @property
    def is_idle(self) -> bool:
        """Is it an association on which nothing is under way?"""
        return (
            self._state is State.ESTABLISHED
            and not self._framing.is_within_pdu
            and not self._is_answering()
            and not (self._exchange is not None and self._exchange.assembly.is_within_message)
        )

    def _give_up(self, reason: str, *, outcome: str) -> None:
        _log.warning("association_given_up", association_id=self._name(), reason=reason)
        self._end(outcome, reason=reason)
        self._fire(Event.ABORT_REQUESTED)
        self._framing.is_stopped = True

    def abort(self) -> None:
        """End it from our side; what was acknowledged is kept."""
        if self._state is State.ESTABLISHED:
            self._give_up(GATEWAY_STOPS, outcome="aborted")
        elif self._transport is not None:
            self._common.silent.pop(self, None)
            self._transport.abort()

    # ------------------------------------------------------------------ state machine

    def _fire(self, event: Event) -> None:
        transition = find_transition(self._state, event)
        self._state = transition.next_state
        self._ACTIONS[transition.action](self)

    def _start_artim(self) -> None:
        self._artim_at_s = read_monotonic_s() + self._common.timers.artim_s

    def _decide(self) -> None:
        """Ask for admission, and answer (AE-6, then AE-7 or AE-8)."""
        self._artim_at_s = None
        request = self._request
        assert request is not None  # noqa: S101 - set before
        answer = ask(
            request,
            address=find_address(self._transport),
            certificate=self._certificate,
            reception=self._common.reception,
        )
        if isinstance(answer, Rejection):
            self._rejection = answer
            self._fire(Event.ASSOCIATE_REJECTED)
        else:
            self._common.silent.pop(self, None)
            self.admitted = answer
            self._fire(Event.ASSOCIATE_ACCEPTED)

    def _accept(self) -> None:
        request, admitted = self._request, self.admitted
        assert request is not None and admitted is not None  # noqa: S101, PT018 - decided before
        self._request = None
        accepted, answer = accept(request, of=admitted, services=self._common.services)
        self._exchange = Exchange(
            accepted, of=admitted, send=self._send, max_pdu_bytes=request.max_pdu_bytes
        )
        self._send(answer)

    def _reject(self) -> None:
        assert self._rejection is not None  # noqa: S101 - decided before
        self._request = None
        self._send(encode_reject(*self._rejection))
        self._start_artim()

    def _agree_to_release(self) -> None:
        """Agree at once (AR-2, then AR-4): nobody here wants to go on."""
        self._end("released")
        self._fire(Event.RELEASE_AGREED)

    def _send_release(self) -> None:
        self._send(RELEASE_RP)
        self._start_artim()

    def _abort_as_user(self) -> None:
        self._end("lost")
        self._send(encode_abort(AbortSource.SERVICE_USER))
        self._start_artim()

    def _abort_as_provider(self) -> None:
        self._end("lost")
        self._send(encode_abort(AbortSource.SERVICE_PROVIDER, self._abort_reason))
        self._start_artim()

    def _send_abort(self) -> None:
        self._send(encode_abort(AbortSource.SERVICE_PROVIDER, self._abort_reason))

    def _heed_abort(self) -> None:
        self._end("aborted")
        self._close()

    def _note_loss(self) -> None:
        self._end("lost")
        self._forget()

    def _ignore(self) -> None:
        """Nothing is done with what comes once nothing more is said (AA-6)."""

    def _close(self) -> None:
        self._forget()
        self._framing.is_stopped = True
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size():
            # Who does not take what was said would keep the connection open for ever.
            self._transport.abort()
        else:
            self._transport.close()

    def _forget(self) -> None:
        self._artim_at_s = None

    _ACTIONS: Mapping[Action, Callable[["Connection"], None]] = {
        Action.AE_5: _start_artim,
        Action.AE_6: _decide,
        Action.AE_7: _accept,
        Action.AE_8: _reject,
        Action.AR_2: _agree_to_release,
        Action.AR_4: _send_release,
        Action.AR_5: _forget,
        Action.AA_1: _abort_as_user,
        Action.AA_2: _close,
        Action.AA_3: _heed_abort,
        Action.AA_4: _note_loss,
        Action.AA_5: _forget,
        Action.AA_6: _ignore,
        Action.AA_7: _send_abort,
        Action.AA_8: _abort_as_provider,
    }

    def _send(self, content: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(content)

    def _end(self, outcome: str, *, reason: str = "") -> None:
        admitted, self.admitted = self.admitted, None
        if admitted is not None:
            # What is whole is answered before the peer is told that it is over (AR-7).
            admitted.end(outcome=outcome, reason=reason)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.give_up()

    def _name(self) -> str | None:
        return None if self.admitted is None else str(self.admitted.association_id)
