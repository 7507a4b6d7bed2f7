"""The writer of segments: appends records, and brings a group of them to the disk at once."""

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import structlog

from app.kit.clock import read_monotonic_s
from app.store.files import Bytes, NoRoom, NotWritten, make_folder
from app.store.room import require_room
from dicom_gateway.segments.growing import Growing
from dicom_gateway.segments.pool import Claim, claim
from dicom_gateway.segments.records import FIRST_RECORD_AT, HEAD_BYTES, encode_end

_log = structlog.get_logger(__name__)
SEGMENT_BYTES = 16 << 20
_PAUSE_S = 2.0
"""After a claim that failed: a full disk is not asked again at each arrival."""


class SegmentWriter:
    """Appends small arrivals to a segment; for one thread, as many writers per folder as wished.

    Parameters
    ----------
    folder
        The folder of the segments; it is made when it is missing.
    segment_bytes
        Size of each segment.
    reserve_bytes
        Free bytes that a new segment never uses.
    read_clock_s
        A monotonic clock in seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        reserve_bytes: int = 0,
        read_clock_s: Callable[[], float] = read_monotonic_s,
    ) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._reserve_bytes = reserve_bytes
        self._read_clock_s = read_clock_s
        self._ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix="segments")
        self._next: Future[Claim | None] | None = None
        self._asked_again_at_s = 0.0
        self._is_dirty = False
        self._growing: Growing | None = None
        # Full ones whose last records no sync covers yet.
        self._left: list[Claim] = []
        make_folder(folder)
        self._current: Claim | None = self._claim()

    def begin(self, *, front_bytes: int, more_bytes: int) -> Growing | None:
        """Let a record grow at the end of the segment.

        Parameters
        ----------
        front_bytes
            How long the front of its payload will be.
        more_bytes
            What there must be room for behind it.

        Returns
        -------
        Growing | None
            Nothing while another one grows, or when no segment has room for it now.
        """
        current = self._find_room(front_bytes + more_bytes) if self._growing is None else None
        if current is not None:
            self._growing = Growing(current, front_bytes=front_bytes)
        return self._growing if current is not None else None

    def finish(self, growing: Growing, arrival_id: UUID, *, front: Bytes) -> None:
        """Make what has grown a record; it is safe only when `sync` has returned.

        Raises
        ------
        OSError
            If the disk refuses: it is no record, and its segment is abandoned.
        """
        try:
            growing.finish(arrival_id, front)
        except OSError as error:
            self._abandon(error)
            raise
        self._growing = None
        self._is_dirty = True
        current = self._current
        if current is not None and current.end * 2 > self._segment_bytes:
            self._prepare()

    def drop(self, growing: Growing) -> None:
        """Forget what has grown: the next record takes its place."""
        if self._growing is growing:
            self._growing = None

    def append(self, arrival_id: UUID, chunks: Sequence[Bytes]) -> bool:
        """Write one record; it is safe only when `sync` has returned.

        Parameters
        ----------
        arrival_id
            Names the file that the record becomes.
        chunks
            The complete file (PS3.10 §7) in pieces, at least one.

        Returns
        -------
        bool
            False if no segment has room for it now, another one grows, or the disk refused:
            nothing of it counts, and the caller writes a file of its own.
        """
        front, *behind = chunks
        growing = self.begin(front_bytes=len(front), more_bytes=sum(map(len, behind)))
        if growing is None:
            return False
        try:
            for chunk in behind:
                growing.write(chunk)
        except OSError as error:
            self._abandon(error)
            return False
        with contextlib.suppress(OSError):
            self.finish(growing, arrival_id, front=front)
            return True
        return False

    def _abandon(self, error: OSError) -> None:
        if self._current is not None:
            name = self._current.path.name
            _log.error("segment_abandoned", segment=name, reason=str(error))
        # What stands there may be torn, and would hide what came behind it.
        self._move_on()

    def sync(self) -> None:
        """Bring all records appended since the last call to the disk.

        Raises
        ------
        NotWritten
            If the disk refuses. None of those records may be acknowledged. Their segments are
            abandoned: after a sync that failed, the next one says nothing about what is on the
            disk.
        """
        try:
            for each in self._left:
                os.fdatasync(each.descriptor)
            if self._is_dirty and self._current is not None:
                os.fdatasync(self._current.descriptor)
                self._current.synced_to = self._current.end
        except OSError as error:
            self._move_on()
            for each in self._left:
                os.close(each.descriptor)
            raise NotWritten(f"a segment in {self._folder} was not synced: {error}") from error
        else:
            for each in self._left:
                _leave(each)
        finally:
            self._is_dirty = False
            self._left.clear()

    def close(self) -> None:
        """Give the segments up, so that whoever settles them knows that nothing will follow."""
        self._ahead.shutdown()
        self._take_prepared()
        self._move_on()
        # No sync has covered these: there is no promise that they are whole.
        for each in self._left:
            os.close(each.descriptor)
        self._left.clear()

    def _find_room(self, length: int) -> Claim | None:
        if FIRST_RECORD_AT + HEAD_BYTES + length > self._segment_bytes:
            return None
        if self._current is not None:
            if self._current.end + HEAD_BYTES + length <= self._segment_bytes:
                return self._current
            self._move_on()
        self._take_prepared()
        if self._current is None:
            # Nobody waits for a new segment: a file of its own is there sooner.
            self._prepare()
        return self._current

    def _move_on(self) -> None:
        if self._growing is not None:
            self._growing.is_cut_off = True
            self._growing = None
        if self._current is not None:
            if self._is_dirty:
                self._left.append(self._current)
            else:
                _leave(self._current)
        self._current, self._is_dirty = None, False

    def _prepare(self) -> None:
        if self._next is None and self._read_clock_s() >= self._asked_again_at_s:
            self._next = self._ahead.submit(self._claim)

    def _take_prepared(self) -> None:
        if self._next is None or not self._next.done():
            return
        prepared, self._next = self._next.result(), None
        if self._current is None:
            self._current = prepared
        elif prepared is not None:
            _leave(prepared)

    def _claim(self) -> Claim | None:
        try:
            require_room(
                self._folder, size_bytes=self._segment_bytes, reserve_bytes=self._reserve_bytes
            )
            return claim(self._folder, segment_bytes=self._segment_bytes)
        except (OSError, NoRoom) as error:
            self._asked_again_at_s = self._read_clock_s() + _PAUSE_S
            _log.warning("no_segment", reason=str(error))
            return None


def _leave(left: Claim) -> None:
    """Give a segment up whose records are all on the disk; closed is unlocked."""
    with contextlib.suppress(OSError):
        # What does not fit needs no mark: the end of the file is one.
        if left.end + HEAD_BYTES <= left.size_bytes:
            os.pwrite(left.descriptor, encode_end(left.generation, at=left.end), left.end)
    os.close(left.descriptor)
