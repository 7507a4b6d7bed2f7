"""One association of the crowd: opened, used image by image, released; or left in the middle."""

import asyncio
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import cast

from app.kit.clock import read_monotonic_s
from benchmarks._load.answers import (
    ABORTED,
    ACCEPTED,
    DATA,
    REJECTED,
    RELEASED,
    Unexpected,
    read_most_pdu_bytes,
    read_store_answer,
)
from benchmarks._load.recording import StoreRequests, Uids, draw_long_uid, encode_pdu

_PDU_HEADER_BYTES = 6
_SUCCESS = 0x0000
_RELEASE_REQUEST = encode_pdu(0x05, bytes(4))


@dataclass(slots=True)
class Stored:
    """What one association stored; seconds are monotonic durations."""

    study: str = field(default_factory=draw_long_uid)
    series: str = field(default_factory=draw_long_uid)
    instances: list[str] = field(default_factory=list)
    """Acknowledged, in the order of their answers."""
    opened_s: float = 0.0
    """From the call for a connection to the A-ASSOCIATE-AC."""
    stored_s: float = 0.0
    """From the first byte of the first image to the last answer."""
    image_s: list[float] = field(default_factory=list)
    """Of each image, from its first byte to its answer."""


class _Connection(asyncio.Protocol):
    """A TCP connection whose PDUs are taken one by one."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.is_closed = False
        self._unread = bytearray()
        self._pdus: deque[tuple[int, bytes]] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclass.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while len(self._unread) >= _PDU_HEADER_BYTES:
            kind, length = struct.unpack_from(">BxI", self._unread)
            end = _PDU_HEADER_BYTES + length
            if len(self._unread) < end:
                break
            self._pdus.append((kind, bytes(self._unread[_PDU_HEADER_BYTES:end])))
            del self._unread[:end]
        if self._pdus:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self, *, expected: int) -> bytes:
        """Wait for the next PDU, and give its body; it must be of the expected type."""
        while not self._pdus:
            if self.is_closed:
                raise Unexpected("the connection was closed")
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        kind, body = self._pdus.popleft()
        if kind == REJECTED:
            raise Unexpected("rejected: result {1}, source {2}, reason {3}".format(*body))
        if kind == ABORTED:
            raise Unexpected("aborted: source {2}, reason {3}".format(*body))
        if kind != expected:
            raise Unexpected(f"a PDU of type {kind:#04x}")
        return body


class Association:
    """An association that is open: `open` makes one.

    Attributes
    ----------
    most_pdu_bytes
        What the peer takes; 0 is no limit.
    """

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.most_pdu_bytes = 0
        self.stored = Stored()

    @classmethod
    async def open(cls, host: str, *, port: int, request: bytes) -> "Association":
        """Connect, and have the request accepted.

        Raises
        ------
        Unexpected
            If it is refused.
        """
        begun_s = read_monotonic_s()
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, host, port)
        association = cls(connection)
        try:
            _write(connection, request)
            body = await connection.receive(expected=ACCEPTED)
            association.most_pdu_bytes = read_most_pdu_bytes(body)
        except Unexpected:
            association.close()
            raise
        association.stored.opened_s = read_monotonic_s() - begun_s
        return association

    @property
    def is_open(self) -> bool:
        """Is the connection still there?"""
        return not self._connection.is_closed

    async def store(self, requests: StoreRequests, *, images: int) -> None:
        """Store so many images of a new study, one after the other.

        Raises
        ------
        Unexpected
            If one is not acknowledged with success.
        """
        stored, begun_s = self.stored, read_monotonic_s()
        for message_id in range(1, images + 1):
            uids = Uids(stored.study, stored.series, draw_long_uid())
            await self.store_one(requests, message_id=message_id, uids=uids)
        stored.stored_s = read_monotonic_s() - begun_s

    async def store_one(self, requests: StoreRequests, *, message_id: int, uids: Uids) -> None:
        """Store one image under these UIDs.

        Raises
        ------
        Unexpected
            If it is not acknowledged with success.
        """
        sent_s = read_monotonic_s()
        _write(self._connection, *requests.compose(message_id, uids))
        answer = read_store_answer(await self._connection.receive(expected=DATA))
        if (answer.message_id, answer.status) != (message_id, _SUCCESS):
            raise Unexpected(f"image {message_id}: {answer}")
        self.stored.instances.append(uids.instance)
        self.stored.image_s.append(read_monotonic_s() - sent_s)

    def stall(self, requests: StoreRequests, *, at: int) -> None:
        """Send so many bytes of a request, and then nothing more."""
        uids = Uids(self.stored.study, self.stored.series, draw_long_uid())
        if self.is_open:
            _write(self._connection, b"".join(requests.compose(1, uids))[:at])

    async def release(self) -> None:
        """Release it (PS3.8 §7.2), and close the connection."""
        _write(self._connection, _RELEASE_REQUEST)
        await self._connection.receive(expected=RELEASED)
        self.close()

    def close(self) -> None:
        """Close the connection, whatever is under way."""
        if self._connection.transport is not None:
            self._connection.transport.abort()


def _write(connection: _Connection, *parts: bytes | bytearray) -> None:
    if connection.transport is None or connection.is_closed:
        raise Unexpected("the connection was closed")
    connection.transport.writelines(parts)
