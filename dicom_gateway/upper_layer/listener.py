"""Listening sockets: what every connection inherits from them, and how they fail."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from app.kit.bind import Bind
from app.kit.errors import Unavailable

_BACKLOG = 512
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


class PortBusy(Unavailable):
    """Another program listens on the address that was asked for."""


def open_listener(bind: Bind, *, setting: str, shares_port: bool = False) -> socket.socket:
    """Open a socket that listens; connections inherit its options (Linux, tcp(7)).

    Parameters
    ----------
    bind
        Where; port 0 lets the system choose.
    setting
        The setting that says so, for the person who must change it.
    shares_port
        Do several processes of ours listen there?

    Raises
    ------
    PortBusy
        If the address is taken.
    Unavailable
        If it cannot be listened on for another reason.
    """
    with _explaining(bind, setting=setting):
        opened = _open(bind, shares_port=shares_port)
        try:
            # Answers are small: held back by Nagle, each would cost the sender 40 ms.
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in _KEEPALIVE:
                opened.setsockopt(socket.IPPROTO_TCP, option, value)
            opened.listen(_BACKLOG)
            opened.setblocking(False)  # noqa: FBT003 - the library's
        except BaseException:
            opened.close()
            raise
        return opened


def open_bound(bind: Bind, *, setting: str, shares_port: bool) -> socket.socket:
    """Open a socket that has the address and does not listen; errors as of `open_listener`."""
    with _explaining(bind, setting=setting):
        return _open(bind, shares_port=shares_port)


def _open(bind: Bind, *, shares_port: bool) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        bind.host, bind.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares_port:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind(address)
    except BaseException:
        opened.close()
        raise
    return opened


@contextmanager
def _explaining(bind: Bind, *, setting: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            msg = (
                f"port {bind.port} of {bind.host} is in use by another program: stop it, or "
                f"set {setting} to a free port"
            )
            raise PortBusy(msg) from error
        raise Unavailable(f"cannot listen on {bind}: {error.strerror or error}") from error
