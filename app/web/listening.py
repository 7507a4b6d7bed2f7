"""Where the web process listens: from the moment that it has the address, and to peers that speak.

It listens before it can answer, and who comes meanwhile waits a moment. Two processes may both bind
an address on which neither listens yet; the later one would hear of it only from `listen`, and
uvloop, which calls that when the application is ready, keeps the error to itself: such a process
would live on, and nobody could reach it.

A page whose network is cut says nothing any more, and the kernel would send again to it for a
quarter of an hour: its stream would be held for open, and its reader for present (Linux tcp(7),
TCP_USER_TIMEOUT; RFC 5482). What is set on a listening socket is inherited by its connections. A
proxy in front of us must do the same towards its own peers.
"""

import errno
import socket
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.kit.bind import Bind
from app.kit.errors import Unavailable

UNHEARD_S: Final = 20
"""After so long without a word of the other side to what we sent, a connection is lost."""
LARGEST_HEAD_BYTES: Final = 64 << 10
"""Of what stands before the body of a request: the parser itself would keep any number of them."""
_BACKLOG: Final = 2048
_IDLE_S: Final = 15
_BETWEEN_PROBES_S: Final = 5


def open_listener(bind: Bind) -> socket.socket:
    """Listen on the address of the web.

    Raises
    ------
    Unavailable
        If it is in use, or not ours; the message says what to set.
    """
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _notice_silence(listener)
        listener.bind((bind.host, bind.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"fails: {error.strerror}"
        msg = f"the address {bind} {reason}: set ASTREINTE_HTTP_BIND to another one"
        raise Unavailable(msg) from error
    return listener


def _notice_silence(listener: socket.socket) -> None:
    options = {
        "TCP_KEEPIDLE": _IDLE_S,
        "TCP_KEEPINTVL": _BETWEEN_PROBES_S,
        "TCP_USER_TIMEOUT": UNHEARD_S * 1000,
    }
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in options.items():
        # Not every system has all of them.
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class BoundedHead(HttpToolsProtocol):
    """A connection on which all that is no body has an end, or is refused.

    That is the head of a request, and what a body in chunks may carry between and after its chunks
    (RFC 9112 §7.1): extensions, which mean nothing here, and trailers, which are no headers.
    """

    _unbodied_bytes = 0
    _in_body = False

    def data_received(self, data: bytes) -> None:
        """Take what came; what a body ends or begins is not counted."""
        self._unbodied_bytes += len(data)
        super().data_received(data)
        if self._unbodied_bytes > LARGEST_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; a trailer might say who has sent what a proxy has told in the head."""
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin a body, be it an empty one."""
        self._unbodied_bytes, self._in_body = 0, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._unbodied_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin the next head."""
        self._unbodied_bytes, self._in_body = 0, False
        super().on_message_complete()
