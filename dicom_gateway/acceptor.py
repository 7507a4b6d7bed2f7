"""The network side of the gateway: one event loop, in a thread of its own.

It knows of the rest of the gateway only `dicom_gateway.ports`.
"""

import asyncio
import contextlib
import resource
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import structlog
import uvloop

from app.kit.clock import read_monotonic_s
from app.settings import Bind
from dicom_gateway.certificates import CertificateSeen
from dicom_gateway.dimse.notification import CommitmentService, StepService
from dicom_gateway.dimse.service import Service
from dicom_gateway.dimse.storage import StorageService
from dicom_gateway.dimse.verification import VerificationService
from dicom_gateway.handshakes import Handshakes
from dicom_gateway.ports import Reception
from dicom_gateway.tls import TlsContexts, read_peer
from dicom_gateway.upper_layer.common import Common, Timers
from dicom_gateway.upper_layer.connection import Connection
from dicom_gateway.upper_layer.listener import PortBusy, open_listener

if TYPE_CHECKING:
    import socket

__all__ = ["Acceptor", "AcceptorSettings", "PortBusy"]

_log = structlog.get_logger(__name__)
_BUFFER_BYTES = 512 << 10
"""Of one read; more of them cost more calls, larger ones leave the processor's cache."""
_ARTIM_S = 15.0
_CHECK_S = 0.25
_FAREWELL_S = 2.0
_MOST_FILES = 65_536
_TLS_SETTING, _SETTING = "ASTREINTE_DICOM_TLS_BIND", "ASTREINTE_DICOM_BIND"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorSettings:
    """How to listen.

    Parameters
    ----------
    bind
        Where; port 0 lets the system choose.
    idle_timeout
        How long an open association may be silent.
    stall_timeout
        How long a peer may take for one PDU once it has begun it.
    tls_bind
        Where to listen for TLS; missing: nowhere.
    shares_port
        Do other processes of ours listen on the same ports?
    """

    bind: Bind
    idle_timeout: timedelta
    stall_timeout: timedelta
    tls_bind: Bind | None = None
    shares_port: bool = False


class Acceptor:
    """Accepts associations and hands them to the reception.

    Parameters
    ----------
    settings
        How to listen.
    reception
        Who decides, and takes the instances; called in the event loop's thread.
    contexts
        Of TLS; needed when there is a second bind.
    """

    def __init__(
        self,
        settings: AcceptorSettings,
        *,
        reception: Reception,
        contexts: TlsContexts | None = None,
    ) -> None:
        self._settings = settings
        self._contexts = contexts
        self._common = Common(
            reception=reception,
            services=_make_services(),
            timers=Timers(
                artim_s=min(_ARTIM_S, settings.stall_timeout.total_seconds()),
                idle_s=settings.idle_timeout.total_seconds(),
                stall_s=settings.stall_timeout.total_seconds(),
            ),
            buffer=memoryview(bytearray(_BUFFER_BYTES)),
        )
        self._loop = uvloop.new_event_loop()
        self._servers: list[asyncio.AbstractServer] = []
        self._handshakes: Handshakes | None = None
        self._sockets: list[socket.socket] = []
        self._ended: asyncio.Event | None = None
        self._thread: Thread | None = None
        self.tls_address: Bind | None = None

    def start(self) -> Bind:
        """Listen; return the address with the port that the system chose.

        Raises
        ------
        PortBusy
            If an address is taken.
        Unavailable
            If one cannot be listened on for another reason.
        """
        _raise_limit_of_files()
        address = self._open(self._settings.bind, setting=_SETTING)
        if self._settings.tls_bind is not None and self._contexts is not None:
            self.tls_address = self._open(self._settings.tls_bind, setting=_TLS_SETTING)
        listening: Future[None] = Future()
        self._thread = Thread(target=self._run, args=(listening,), name="dicom-acceptor")
        self._thread.start()
        listening.result()
        return address

    def _open(self, bind: Bind, *, setting: str) -> Bind:
        try:
            opened = open_listener(bind, setting=setting, shares_port=self._settings.shares_port)
        except BaseException:
            for each in self._sockets:
                each.close()
            self._loop.close()
            raise
        self._sockets.append(opened)
        return Bind(bind.host, int(opened.getsockname()[1]))

    def _run(self, listening: "Future[None]") -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: "Future[None]") -> None:
        self._ended = asyncio.Event()
        self._loop.set_exception_handler(_tell)
        try:
            await self._listen()
        except BaseException as error:
            listening.set_exception(error)
            raise
        listening.set_result(None)
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_S):
                    await self._ended.wait()
            # Where the disk held us up, what has come meanwhile is read first: in the next turn.
            await asyncio.sleep(0)
            self._check()
            if self._contexts is not None:
                # Connections that are open keep theirs.
                self._contexts.changed()

    def call_soon(self, callback: Callable[[], None]) -> object:
        """Call something at the end of the event loop's turn; from its thread."""
        return self._loop.call_soon(callback)

    async def _listen(self) -> None:
        plain = await self._loop.create_server(
            lambda: Connection(self._common), sock=self._sockets[0], backlog=512
        )
        self._servers.append(plain)
        if self.tls_address is not None and self._contexts is not None:
            self._handshakes = Handshakes(
                self._sockets[1],
                contexts=self._contexts,
                make_protocol=lambda: Connection(self._common, read_certificate=_read_certificate),
                note_refused=self._common.reception.note_nameless,
            )
            self._handshakes.start()

    def _check(self) -> None:
        now_s = read_monotonic_s()
        for each in list(self._common.open):
            each.check(now_s)

    def count_open(self) -> int:
        """Count the associations that are open; from any thread."""
        return sum(each.admitted is not None for each in list(self._common.open))

    def count_coming(self) -> int:
        """Count who has a connection and may yet ask for an association; from any thread."""
        shaking = self._handshakes.count_under_way() if self._handshakes is not None else 0
        return len(self._common.silent) + shaking

    def stop_listening(self) -> None:
        """Take no further connection; those that there are go on."""
        self._ask(self._close_servers())

    async def _close_servers(self) -> None:
        for each in self._servers:
            each.close()
        if self._handshakes is not None:
            await self._handshakes.stop()
        self._servers.clear()
        for opened in self._sockets:
            opened.close()

    def abort_idle(self, *, since_s: float) -> None:
        """Abort the associations on which nothing was under way for so many seconds."""

        async def abort() -> None:
            silent_since_s = read_monotonic_s() - since_s
            for each in list(self._common.open):
                if each.is_idle and each.heard_at_s <= silent_since_s:
                    each.abort()

        self._ask(abort())

    def abort_open(self) -> None:
        """Abort what is still open, and end the event loop; what was acknowledged is kept."""
        self._ask(self._end())
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    async def _end(self) -> None:
        if self._handshakes is not None:
            await self._handshakes.close()
        for each in list(self._common.open):
            each.abort()
        until_s = read_monotonic_s() + _FAREWELL_S
        while self._common.open and read_monotonic_s() < until_s:
            # The aborts are on their way; who does not close is not waited for.
            await asyncio.sleep(0.02)
            if not any(each.admitted for each in self._common.open):
                break
        if self._ended is not None:
            self._ended.set()

    def _ask(self, what: Coroutine[Any, Any, None]) -> None:
        if self._thread is None or not self._thread.is_alive():
            what.close()
            return
        asyncio.run_coroutine_threadsafe(what, self._loop).result()


def _make_services() -> Sequence[Service]:
    """List what is offered: a class of its own stands before storage, which takes the rest."""
    return (VerificationService(), StepService(), CommitmentService(), StorageService())


def _read_certificate(transport: asyncio.BaseTransport) -> CertificateSeen:
    return read_peer(transport.get_extra_info("ssl_object"))


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG001 - asyncio's
    # What asyncio would log may hold bytes of a peer; a fault of ours has a traceback.
    error = context.get("exception")
    if isinstance(error, OSError):
        _log.info("connection_failed", reason=type(error).__name__)
    elif error is not None:
        _log.error("connection_failed", exc_info=error)


def _raise_limit_of_files() -> None:
    """Let this process have as many files open as the system allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
