"""TLS to nodes that we call: we show our certificate, and look at theirs."""

import ssl
from threading import Lock
from typing import Any

from app.kit.errors import Unavailable
from app.store.tls import TlsContexts, TlsFiles, load_context


def make_client_context(files: TlsFiles) -> ssl.SSLContext:
    """Make a context that calls nodes: signed by our authorities, in force, for that very host.

    The name or address by which a node is called must stand in its certificate: what goes there
    are patients' images, and an authority signs more than one certificate. No TLS 1.3: what a
    server sends behind that handshake would stall pynetdicom 3.0.4, which takes it for a PDU;
    PS3.15 B.12 leaves it to the client.

    Raises
    ------
    Unavailable
        If a file is missing or unusable.
    """
    context = load_context(ssl.PROTOCOL_TLS_CLIENT, files=files)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = True
    context.sslsocket_class = _TellingSocket
    return context


class ClientContexts:
    """The context in force for calls, made at the first one; for any number of threads.

    Parameters
    ----------
    files
        Looked at again at each call, at most once a second.
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._lock = Lock()
        self._contexts: TlsContexts | None = None

    def current(self) -> ssl.SSLContext:
        """Give it.

        Raises
        ------
        Unavailable
            If there never was a usable one.
        """
        with self._lock:
            if self._contexts is None:
                self._contexts = TlsContexts(self._files, make=make_client_context)
            self._contexts.changed()
            return self._contexts.current()


class _TellingSocket(ssl.SSLSocket):
    """Keeps why it could not connect, which pynetdicom only logs."""

    failure: OSError | None = None

    def connect(self, addr: Any) -> None:  # noqa: ANN401 - as in the module `ssl`
        try:
            super().connect(addr)
        except OSError as error:
            self.failure = error
            raise


class Handshake:
    """Stands in for the context in pynetdicom's hands, and tells what became of the handshake.

    Parameters
    ----------
    context
        Of `make_client_context`.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket: ssl.SSLSocket | None = None

    def wrap_socket(self, sock: Any, **options: Any) -> ssl.SSLSocket:  # noqa: ANN401 - pynetdicom's
        """Wrap as the context does."""
        self._socket = self._context.wrap_socket(sock, **options)
        return self._socket

    def find_failure(self) -> str | None:
        """Say why the handshake failed; nothing when it is not TLS that failed."""
        failure = getattr(self._socket, "failure", None)
        if isinstance(failure, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {failure.verify_message}"
        if isinstance(failure, ssl.SSLError):
            return f"no TLS with it: {failure.reason or 'the connection ended'}"
        return None


def require_context(contexts: ClientContexts | None) -> ssl.SSLContext:
    """Give the context, or say that there is none.

    Raises
    ------
    Unavailable
        If TLS is not set up here.
    """
    if contexts is None:
        raise Unavailable("TLS is not set up for calls to nodes")
    return contexts.current()
