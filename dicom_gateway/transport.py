"""Connections of the gateway: pynetdicom's, made safe against peers that stall or overdo.

Together with `dicom_gateway.acceptor` and `.notifications` this is all that knows pynetdicom.
"""

import contextlib
import errno
import socket
from collections.abc import Callable
from typing import cast

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from app.kit.clock import read_monotonic_s
from dicom_gateway.notifications import BoundedDimse

_BACKLOG = 128
_LARGEST_PDU_BYTES = 1 << 20
"""What we take: an A-ASSOCIATE-RQ with 128 contexts is large, and some peers exceed our limit."""
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


class PeerSocket(AssociationSocket):
    """A connection on which nobody can make us wait, or keep memory, without end."""

    def recv(self, nr_bytes: int) -> bytearray:
        """Read exactly so many bytes, or fewer when the peer closes; as pynetdicom expects.

        Raises
        ------
        OSError
            If it is more than any PDU of ours, or the peer is too slow: the association ends.
        """
        if nr_bytes > _LARGEST_PDU_BYTES:
            raise OSError(errno.EMSGSIZE, f"a PDU of {nr_bytes} bytes is refused")
        peer = cast("socket.socket", self.socket)
        received = bytearray(nr_bytes)
        rest = memoryview(received)
        until_s = read_monotonic_s() + (peer.gettimeout() or 0)
        while rest:
            taken = peer.recv_into(rest)
            rest = rest[taken:]
            if not taken or (rest and read_monotonic_s() > until_s):
                break
        missing = len(rest)
        rest.release()
        return received[: nr_bytes - missing]

    def _shutdown_socket(self) -> None:
        """Close the connection, also when the peer is gone: pynetdicom then forgets to."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()


class PeerHandler(RequestHandler):
    """Gives each association a socket of ours."""

    def _create_association(self) -> Association:
        association = super()._create_association()
        # The socket that is replaced has announced the connection (Evt5); ours does it again.
        association.dul.event_queue.get_nowait()
        association.dul.socket = PeerSocket(association, client_socket=self.request)
        association.dimse = BoundedDimse(association)
        return association


class PeerServer(ThreadedAssociationServer):
    """Listens with a backlog for a busy minute, and never waits for a peer."""

    request_queue_size = _BACKLOG
    daemon_threads = True
    block_on_close = False
    stall_s: float = 30.0
    sweep: Callable[[], None] | None = None

    def service_actions(self) -> None:
        """Do what is due ten times a second, between two connections."""
        super().service_actions()
        if self.sweep is not None:
            self.sweep()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Take a connection, and set it up before anything is read from it."""
        peer, address = super().get_request()
        # pynetdicom leaves it blocking without end (its threads then never stop).
        peer.settimeout(self.stall_s)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
        return peer, address
