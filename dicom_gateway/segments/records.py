"""The form of a segment: one block that names it, then records, each on a block of its own.

A segment is used again and again. Its generation is drawn at each claim, and each record repeats
it, so that what an earlier use left behind never counts. A record begins on a block of its own:
an append never touches a block that holds an acknowledged record.
"""

import os
import secrets
import struct
import zlib
from dataclasses import dataclass
from uuid import UUID

from xxhash import xxh3_64

from app.store.files import Bytes

BLOCK_BYTES = 4096
FIRST_RECORD_AT = BLOCK_BYTES
_GENERATION_BYTES = 8
_NAME = struct.Struct("<8s8sI")
_NAME_MAGIC = b"ASTSEG02"
# In a sector of its own: the writer and the settler never write the same one.
_CURSOR_AT = 512
_CURSOR = struct.Struct("<8sQI")
_RECORD = struct.Struct("<4s8s16sIII")
_RECORD_MAGIC = b"ASTR"
_CHECK = struct.Struct("<I")
_HASH = struct.Struct("<Q")
HEAD_BYTES = _RECORD.size + _HASH.size


_END = UUID(int=0)


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What stands before a payload.

    Parameters
    ----------
    arrival_id
        Whose record it is.
    length
        Of the payload in bytes.
    front
        So many of them were written last: they say how much followed, which is known at the end.
    synced_to
        Up to this offset, the segment was on the disk when the record was appended.
    check
        XXH3 (64 bits) in the order in which all was written: the payload behind its front, the
        front, this head. It tells what is torn as a CRC does, in a tenth of its time.
    """

    arrival_id: UUID
    length: int
    front: int
    synced_to: int
    check: int

    @property
    def is_end(self) -> bool:
        """Is it no record, but the mark behind the last one?"""
        return self.arrival_id == _END


def draw_generation() -> bytes:
    """Draw what tells the records of one use of a segment from those of all others."""
    return secrets.token_bytes(_GENERATION_BYTES)


def encode_name(generation: bytes) -> bytes:
    """Write the first sector of a segment."""
    start = _NAME_MAGIC + generation
    return start + _CHECK.pack(zlib.crc32(start))


def read_generation(descriptor: int) -> bytes | None:
    """Read the generation of a segment; nothing if the file is no segment, or damaged there."""
    block = os.pread(descriptor, _NAME.size, 0)
    if len(block) < _NAME.size:
        return None
    magic, generation, check = _NAME.unpack(block)
    if magic != _NAME_MAGIC or check != zlib.crc32(block[: -_CHECK.size]):
        return None
    return bytes(generation)


def write_cursor(descriptor: int, *, generation: bytes, at: int) -> None:
    """Remember in the segment itself up to where its records are settled.

    Nothing is synced: a cursor that a power cut takes back has records settled twice, which does
    no harm, and it needs no room on a full disk.
    """
    start = generation + struct.pack("<Q", at)
    os.pwrite(descriptor, start + _CHECK.pack(zlib.crc32(start)), _CURSOR_AT)


def read_cursor(descriptor: int, *, generation: bytes) -> int:
    """Read up to where the records are settled; without a sound cursor, from the first one on."""
    block = os.pread(descriptor, _CURSOR.size, _CURSOR_AT)
    if len(block) < _CURSOR.size:
        return FIRST_RECORD_AT
    owner, at, check = _CURSOR.unpack(block)
    is_sound = owner == generation and check == zlib.crc32(block[: -_CHECK.size])
    return int(at) if is_sound and at % BLOCK_BYTES == 0 else FIRST_RECORD_AT


def encode_record_head(
    arrival_id: UUID,
    front: Bytes,
    *,
    length: int,
    behind: xxh3_64,
    generation: bytes,
    synced_to: int,
) -> bytes:
    """Write the head of a record.

    Parameters
    ----------
    arrival_id
        Whose record it is.
    front
        How its payload begins.
    length
        Of the whole payload.
    behind
        The hash of what follows the front; it is used up.
    generation, synced_to
        Of the segment.
    """
    head = _RECORD.pack(_RECORD_MAGIC, generation, arrival_id.bytes, length, len(front), synced_to)
    behind.update(front)
    behind.update(head)
    return head + _HASH.pack(behind.intdigest())


def encode_end(generation: bytes, *, at: int) -> bytes:
    """Write what stands behind the last record of a segment that its writer has left in order."""
    return encode_record_head(
        _END, b"", length=0, behind=xxh3_64(), generation=generation, synced_to=at
    )


def read_record_generation(descriptor: int, at: int) -> bytes | None:
    """Read of which generation the record at an offset is, if one begins there."""
    block = os.pread(descriptor, _RECORD.size, at)
    if len(block) < _RECORD.size:
        return None
    magic, generation, *_ = _RECORD.unpack(block)
    return bytes(generation) if magic == _RECORD_MAGIC else None


def read_record_head(descriptor: int, at: int, *, generation: bytes) -> RecordHead | None:
    """Read the head at an offset; nothing where no record of this generation begins."""
    block = os.pread(descriptor, HEAD_BYTES, at)
    if len(block) < HEAD_BYTES:
        return None
    magic, owner, arrival_id, length, front, synced_to = _RECORD.unpack_from(block)
    if magic != _RECORD_MAGIC or owner != generation:
        return None
    (check,) = _HASH.unpack_from(block, _RECORD.size)
    return RecordHead(UUID(bytes=arrival_id), length, front, synced_to, check)


def read_payload(descriptor: int, at: int, head: RecordHead, *, generation: bytes) -> bytes | None:
    """Read the payload of the record at an offset; nothing if it is torn or damaged."""
    payload = os.pread(descriptor, head.length, at + HEAD_BYTES)
    with memoryview(payload) as view:
        check = xxh3_64(view[head.front :])
        check.update(view[: head.front])
    check.update(
        _RECORD.pack(
            _RECORD_MAGIC,
            generation,
            head.arrival_id.bytes,
            head.length,
            head.front,
            head.synced_to,
        )
    )
    return payload if check.intdigest() == head.check else None


def next_record_at(at: int, *, length: int) -> int:
    """Return where the record after one with a payload of `length` bytes begins."""
    return -(-(at + HEAD_BYTES + length) // BLOCK_BYTES) * BLOCK_BYTES
