"""A record that grows at the end of a segment, while its bytes are still on their way.

It is a record only from the moment that its head is written, which comes last. Until then whoever
reads finds the end of the segment there, and whoever gives it up leaves nothing behind.
"""

import errno
import os
from uuid import UUID

from xxhash import xxh3_64

from app.store.files import Bytes
from dicom_gateway.part_file import start_write_back
from dicom_gateway.segments.pool import Claim
from dicom_gateway.segments.records import (
    BLOCK_BYTES,
    HEAD_BYTES,
    encode_record_head,
    next_record_at,
)

_AT_ONCE_BYTES = 128 << 10
"""The disk begins to write so many while the rest is on its way; then the sync waits for little."""


class Growing:
    """A record under way, at the end of a segment.

    Parameters
    ----------
    claim
        The segment; nobody else may append to it meanwhile.
    front_bytes
        How long the front of its payload will be.

    Raises
    ------
    OSError
        As every method does when the disk refuses, or the segment was given up meanwhile.
    """

    __slots__ = ("_at", "_begun_to", "_claim", "_front_bytes", "_hash", "_start", "is_cut_off")

    def __init__(self, claim: Claim, *, front_bytes: int) -> None:
        self._claim = claim
        self._front_bytes = front_bytes
        self._start = self._at = claim.end + HEAD_BYTES + front_bytes
        # The first block is written once more with the head: it is left for the sync.
        self._begun_to = -(-self._at // BLOCK_BYTES) * BLOCK_BYTES
        self._hash = xxh3_64()
        self.is_cut_off = False
        """Its segment was given up: the descriptor may be another file's by now."""

    def has_room(self, size_bytes: int) -> bool:
        """Tell whether so many more bytes fit into the segment."""
        return self._at + size_bytes <= self._claim.size_bytes

    def write(self, chunk: Bytes) -> None:
        """Append to what stands behind the front; there must be room."""
        self._write(chunk, at=self._at)
        self._hash.update(chunk)
        self._at += len(chunk)
        if self._at - self._begun_to >= _AT_ONCE_BYTES:
            start, self._begun_to = self._begun_to, self._at // BLOCK_BYTES * BLOCK_BYTES
            start_write_back(self._claim.descriptor, start=start, length=self._begun_to - start)

    def read_back(self) -> bytes:
        """Read what was written behind the front, to keep it elsewhere."""
        self._require_segment()
        return os.pread(self._claim.descriptor, self._at - self._start, self._start)

    def finish(self, arrival_id: UUID, front: Bytes) -> None:
        """Write the front, and the head, which makes it a record."""
        length = self._front_bytes + self._at - self._start
        head = encode_record_head(
            arrival_id,
            front,
            length=length,
            behind=self._hash,
            generation=self._claim.generation,
            synced_to=self._claim.synced_to,
        )
        self._write(head + front, at=self._claim.end)
        self._claim.end = next_record_at(self._claim.end, length=length)

    def _write(self, content: Bytes, *, at: int) -> None:
        self._require_segment()
        if os.pwrite(self._claim.descriptor, content, at) != len(content):
            raise OSError(errno.ENOSPC, "the record was cut off")

    def _require_segment(self) -> None:
        if self.is_cut_off:
            raise OSError(errno.EIO, "the segment was given up")
