"""Handshakes of TLS: each by itself, bounded in time and number, and a failed one is told.

A server of asyncio is silent about a peer that fails in the handshake, and that peer never comes
to ask for an association: whoever looks why images do not arrive would find nothing.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

import structlog

from app.kit.clock import read_monotonic_s
from dicom_gateway.admission import RefusalReason
from dicom_gateway.tls import HANDSHAKE_TIMEOUT_S, TlsContexts

_log = structlog.get_logger(__name__)
_MOST_AT_ONCE = 512
_PAUSE_S = 0.2
"""After a connection that the system could not give, for want of descriptors for instance."""
_BETWEEN_NOTES_S = 60.0
_MOST_NOTED = 1000

# By the word of OpenSSL; its alerts are the peer's judgement on us.
_FAULTS = {
    "CERTIFICATE_VERIFY_FAILED": RefusalReason.TLS_UNTRUSTED,
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": RefusalReason.TLS_NO_CERTIFICATE,
    "NO_SHARED_CIPHER": RefusalReason.TLS_NOTHING_SHARED,
    "UNSUPPORTED_PROTOCOL": RefusalReason.TLS_NOTHING_SHARED,
    "NO_SHARED_SIGNATURE_ALGORITHMS": RefusalReason.TLS_NOTHING_SHARED,
    "NO_SUITABLE_SIGNATURE_ALGORITHM": RefusalReason.TLS_NOTHING_SHARED,
    "TLSV1_ALERT_UNKNOWN_CA": RefusalReason.TLS_WE_UNTRUSTED,
    "TLSV1_ALERT_DECRYPT_ERROR": RefusalReason.TLS_WE_UNTRUSTED,
    "SSLV3_ALERT_BAD_CERTIFICATE": RefusalReason.TLS_WE_UNTRUSTED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": RefusalReason.TLS_WE_UNTRUSTED,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": RefusalReason.TLS_WE_UNTRUSTED,
    "WRONG_VERSION_NUMBER": RefusalReason.TLS_NOT_SPOKEN,
    "HTTP_REQUEST": RefusalReason.TLS_NOT_SPOKEN,
}


def find_fault(error: BaseException) -> RefusalReason | None:
    """Say why a handshake failed; nothing when the peer only left, or was too slow."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return RefusalReason.TLS_UNTRUSTED
    if isinstance(error, ssl.SSLError):
        return _FAULTS.get(getattr(error, "reason", None) or "")
    return None


class Handshakes:
    """Takes connections on a port, shakes hands, and makes a protocol for who comes through.

    New files of TLS hold from the next connection on: the context in force is taken for each.

    Parameters
    ----------
    listening
        The socket; it stays the caller's to close, after `close`.
    contexts
        Ours.
    make_protocol
        Of a connection that has come through.
    note_refused
        Told of a failed handshake: address and reason; the same of one address once a minute.
    most
        At the same time; one more takes the place of the oldest.
    read_monotonic
        In seconds.
    """

    def __init__(
        self,
        listening: socket.socket,
        *,
        contexts: TlsContexts,
        make_protocol: Callable[[], asyncio.BaseProtocol],
        note_refused: Callable[[str, RefusalReason], None],
        most: int = _MOST_AT_ONCE,
        read_monotonic: Callable[[], float] = read_monotonic_s,
    ) -> None:
        self._listening = listening
        self._contexts = contexts
        self._make_protocol = make_protocol
        self._note_refused = note_refused
        self._most = most
        self._read_monotonic = read_monotonic
        self._accepting: asyncio.Task[None] | None = None
        self._shaking: dict[asyncio.Task[None], None] = {}
        self._noted: dict[tuple[str, RefusalReason], float] = {}

    def start(self) -> None:
        """Take connections; from the event loop."""
        self._listening.setblocking(False)  # noqa: FBT003 - the socket's
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    def count_under_way(self) -> int:
        """Count the handshakes that are neither done nor given up; from any thread."""
        return len(self._shaking)

    async def stop(self) -> None:
        """Take no further connection; the handshakes that are under way go on."""
        accepting, self._accepting = self._accepting, None
        if accepting is not None:
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)

    async def close(self) -> None:
        """Take no further connection, and drop the handshakes that are under way."""
        await self.stop()
        tasks = list(self._shaking)
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(self._listening)
            except OSError as error:
                _log.warning("connection_not_taken", reason=error.strerror)
                await asyncio.sleep(_PAUSE_S)
                continue
            if len(self._shaking) >= self._most:
                # It is the one that has kept us waiting for longest.
                next(iter(self._shaking)).cancel()
            task = loop.create_task(self._shake_hands(connection, str(address[0])))
            self._shaking[task] = None
            task.add_done_callback(lambda done: self._shaking.pop(done, None))

    async def _shake_hands(self, connection: socket.socket, address: str) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make_protocol,
                connection,
                ssl=self._contexts.current(),
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S,
            )
        except (OSError, TimeoutError) as error:
            self._tell(error, address)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                connection.close()
            raise

    def _tell(self, error: OSError, address: str) -> None:
        fault = find_fault(error)
        reason = getattr(error, "verify_message", None) or getattr(error, "reason", None)
        _log.info("handshake_failed", address=address, reason=reason or type(error).__name__)
        if fault is not None and self._is_news(address, fault):
            self._note_refused(address, fault)

    def _is_news(self, address: str, fault: RefusalReason) -> bool:
        """Keep what comes every second, or from a scanner, from filling the journal."""
        now_s = self._read_monotonic()
        last_s = self._noted.get((address, fault))
        if last_s is not None and now_s - last_s < _BETWEEN_NOTES_S:
            return False
        if len(self._noted) >= _MOST_NOTED:
            self._noted.pop(next(iter(self._noted)))
        self._noted.pop((address, fault), None)
        self._noted[address, fault] = now_s
        return True
