"""Reading a segment while it is written, and after its writer is gone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from dicom_gateway.segments.pool import list_damaged, list_used
from dicom_gateway.segments.records import (
    BLOCK_BYTES,
    FIRST_RECORD_AT,
    HEAD_BYTES,
    RecordHead,
    next_record_at,
    read_cursor,
    read_generation,
    read_payload,
    read_record_generation,
    read_record_head,
)


@dataclass(frozen=True, slots=True)
class Survey:
    """How many sound records wait in segments, and the names of segments with damaged ones."""

    waiting: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One sound record: whose it is, what it carries, what was safe then, where the next begins."""

    arrival_id: UUID
    payload: bytes
    synced_to: int
    next_at: int


class SegmentReader:
    """Follows one segment from its cursor on.

    Parameters
    ----------
    path
        A segment in use; whoever reads it may be the only one who does.

    Attributes
    ----------
    at, settled_to
        Up to these offsets, all records have been handed out, and have files.
    is_sealed
        Its writer is gone, so that nothing will follow. Asked for by `look_for_writer`.
    is_read
        It is sealed, and has been read to its end.
    is_torn
        Its end is a record that was being written when the writer died.
    is_unreadable
        The disk refused to give something of it back; it is tried again, but is no news.
    damaged
        Offsets at which something is not what was written, although it was on the disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.size_bytes = os.fstat(self.descriptor).st_size
        self.is_sealed = self.is_read = self.is_torn = self.is_unreadable = False
        self.damaged: list[int] = []
        self._gaps: list[int] = []
        self.generation = read_generation(self.descriptor) or b""
        self.at = read_cursor(self.descriptor, generation=self.generation)
        self.settled_to = self.at
        self._seen_to = self.at

    def close(self) -> None:
        """Let go of the file, and of its lock."""
        os.close(self.descriptor)

    def look_for_writer(self) -> None:
        """Ask whether somebody still writes; ask before reading, to know what the end means."""
        if self.is_sealed:
            return
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        self.seal()

    def seal(self) -> None:
        """Take it that nothing will follow."""
        self.is_sealed = True
        if not self.generation:
            # The first record tells it too. While a writer is at work it could still be the one
            # of an earlier use.
            self.damaged.append(0)
            self.generation = read_record_generation(self.descriptor, FIRST_RECORD_AT) or b""

    def has_news(self) -> bool:
        """Tell whether a record begins at the cursor, or the segment is sealed."""
        if self.is_unreadable:
            return False
        self.look_for_writer()
        head = None if self.is_read else self._read_head(self.at)
        return self.is_sealed or (head is not None and not head.is_end)

    def has_grown(self) -> bool:
        """Tell whether records came since the last call, without reading them."""
        seen_to = self._seen_to
        while (head := self._read_head(self._seen_to)) is not None and not head.is_end:
            self._seen_to = next_record_at(self._seen_to, length=head.length)
        return self._seen_to > seen_to

    def read_on(self) -> Iterator[Record]:
        """Read the records that are whole, from the cursor on; the cursor goes with them."""
        while not self.is_read:
            head = self._read_head(self.at)
            if self.at >= self.size_bytes or (head is not None and head.is_end):
                self._judge_gaps(self.at if head is not None else 0)
                self.is_read = self.is_sealed
                return
            record = self._read_record(self.at, head)
            if record is None:
                if not self.is_sealed:
                    # It is being written just now, or nothing stands there yet.
                    return
                self._pass_over_gap(head)
                continue
            self.at = record.next_at
            self._judge_gaps(record.synced_to)
            yield record

    def _judge_gaps(self, synced_to: int) -> None:
        """Tell what was damaged on the disk from what never came there.

        Of a group that a power cut tore, later records may be whole while an earlier one is not;
        nobody was told that it is safe. What lies before a point that was synced was promised.
        """
        self.damaged += [gap for gap in self._gaps if gap < synced_to]
        self._gaps = [gap for gap in self._gaps if gap >= synced_to]
        self.is_torn = self.is_torn or bool(self._gaps)

    def _pass_over_gap(self, head: RecordHead | None) -> None:
        """Go to the next sound record, or to the end if there is none."""
        at = self.at + BLOCK_BYTES
        while at < self.size_bytes:
            later = self._read_head(at)
            if later is not None and (later.is_end or self._read_record(at, later) is not None):
                self._gaps.append(self.at)
                self.at = at
                return
            at += BLOCK_BYTES
        self.is_torn = self.is_torn or head is not None
        self.at, self.is_read = self.size_bytes, True

    def _read_head(self, at: int) -> RecordHead | None:
        if not self.generation:
            return None
        return read_record_head(self.descriptor, at, generation=self.generation)

    def _read_record(self, at: int, head: RecordHead | None) -> Record | None:
        if head is None or at + HEAD_BYTES + head.length > self.size_bytes:
            return None
        payload = read_payload(self.descriptor, at, head, generation=self.generation)
        if payload is None:
            return None
        next_at = next_record_at(at, length=head.length)
        return Record(head.arrival_id, payload, head.synced_to, next_at)


def survey(folder: Path) -> Survey:
    """Look through all segments of a folder; whoever writes and settles them may be at work."""
    waiting, damaged = 0, [path.name for path in list_damaged(folder)]
    for path in list_used(folder):
        with suppress(FileNotFoundError), closing(SegmentReader(path)) as reader:
            # No lock is taken. What is being written just now has nothing sound behind it.
            reader.seal()
            waiting += sum(1 for _ in reader.read_on())
            if reader.damaged:
                damaged.append(path.name)
    return Survey(waiting, tuple(damaged))
