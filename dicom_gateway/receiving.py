"""From the fragments of a data set to a status: the hot path of the gateway.

A small data set grows in a segment as it comes, while nobody else is in its way; else it is held in
memory, and appended. A large one goes to its file as it comes. Nothing is answered with success
before a sync, and one sync is for all that became whole in the same turn of the event loop.
"""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

import structlog

from app.kit.clock import read_monotonic_s
from app.store.files import Bytes, NotWritten, explain_refusal, sync_folder
from app.store.mounts import does_sync_keep_name
from dicom_gateway import metrics
from dicom_gateway.arrival import Announced, Provenance
from dicom_gateway.part_file import PartFile
from dicom_gateway.segments.growing import Growing
from dicom_gateway.spool import Spool
from dicom_gateway.statuses import PROCESSING_FAILURE, SUCCESS, status_of
from dicom_gateway.under_way import Answer, DataSetUnderWay

_log = structlog.get_logger(__name__)
_MANNERS_S = 1.0
"""Where two were in each other's way, so long all are held."""


class Segments(Protocol):
    """Where small arrivals are appended."""

    def begin(self, *, front_bytes: int, more_bytes: int) -> Growing | None:
        """Let an arrival grow there; nothing when no segment can be had."""
        ...

    def finish(self, growing: Growing, arrival_id: UUID, *, front: Bytes) -> None:
        """Make what has grown an arrival."""
        ...

    def drop(self, growing: Growing) -> None:
        """Forget what has grown."""
        ...

    def append(self, arrival_id: UUID, chunks: Sequence[Bytes]) -> bool:
        """Append an arrival; false when no segment can be had, and nothing was kept."""
        ...

    def sync(self) -> None:
        """Bring all that was appended to the disk."""
        ...


class Receiving:
    """Takes data sets, and brings them to the disk in groups.

    Parameters
    ----------
    spool
        Where large arrivals are written.
    segments
        Where small ones are; missing: each is written to a file of its own.
    call_soon
        Calls at the end of the event loop's turn; missing: `commit` is called by hand.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        segments: Segments | None = None,
        call_soon: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        self.spool = spool
        self.segments = segments
        self.call_soon = call_soon
        self._appended: list[Answer] = []
        self._named: list[tuple[PartFile, Answer]] = []
        self._is_called = False
        self.held_bytes = 0
        self._grower: DataSetUnderWay | None = None
        self._all_held_until_s = 0.0
        self._is_name_kept = does_sync_keep_name(spool.incoming)

    def begin(self, announced: Announced, *, provenance: Provenance) -> DataSetUnderWay:
        """Begin to take a data set."""
        return DataSetUnderWay(self, announced, provenance=provenance)

    def let_grow(
        self, data_set: DataSetUnderWay, *, front_bytes: int, more_bytes: int
    ) -> Growing | None:
        """Let a data set grow in the segment, unless another one does or lately did."""
        if self.segments is None or self._grower is not None:
            return None
        if read_monotonic_s() < self._all_held_until_s:
            return None
        growing = self.segments.begin(front_bytes=front_bytes, more_bytes=more_bytes)
        self._grower = data_set if growing is not None else None
        return growing

    def note_grown(self) -> None:
        """Say that the one that grew does so no more."""
        self._grower = None

    def append(self, arrival_id: UUID, chunks: Sequence[Bytes]) -> bool:
        """Append what was held; who grows meanwhile is held from now on."""
        if self.segments is None:
            return False
        if self._grower is not None:
            self._all_held_until_s = read_monotonic_s() + _MANNERS_S
            self._grower.make_way()
        return self.segments.append(arrival_id, chunks)

    def await_segment(self, answer: Answer) -> None:
        """Answer when the segment is on the disk."""
        self._appended.append(answer)
        self._call()

    def await_file(self, file: PartFile, answer: Answer) -> None:
        """Answer when the file and its name are on the disk."""
        self._named.append((file, answer))
        self._call()

    def _call(self) -> None:
        if not self._is_called and self.call_soon is not None:
            self._is_called = True
            self.call_soon(self.commit)

    def commit(self) -> None:
        """Bring to the disk what is whole, and answer for it."""
        self._is_called = False
        appended, self._appended = self._appended, []
        named, self._named = self._named, []
        started_s = read_monotonic_s()
        if appended:
            status = self._sync_segment()
            metrics.note_sync(read_monotonic_s() - started_s)
            for answer in appended:
                answer(status)
        if named:
            statuses = [_sync_file(file) for file, _ in named]
            whole = self._sync_names()
            metrics.note_sync(read_monotonic_s() - started_s)
            for (file, answer), status in zip(named, statuses, strict=True):
                _let_go(file, is_kept=status == whole == SUCCESS)
                answer(status if status != SUCCESS else whole)

    def _sync_segment(self) -> int:
        assert self.segments is not None  # noqa: S101 - what was appended was appended to it
        try:
            self.segments.sync()
        except OSError as error:
            _log.error("segment_not_synced", reason=str(error))
            return status_of(explain_refusal(error, self.spool.incoming))
        except NotWritten as error:
            _log.error("segment_not_synced", reason=error.message)
            return status_of(error)
        return SUCCESS

    def _sync_names(self) -> int:
        if self._is_name_kept:
            return SUCCESS
        try:
            sync_folder(self.spool.incoming)
        except OSError as error:
            _log.error("names_not_synced", reason=str(error))
            return PROCESSING_FAILURE
        return SUCCESS


def _sync_file(file: PartFile) -> int:
    try:
        file.sync()
    except OSError as error:
        _log.error("arrival_not_synced", reason=str(error))
        return PROCESSING_FAILURE
    return SUCCESS


def _let_go(file: PartFile, *, is_kept: bool) -> None:
    if not is_kept:
        file.take_name_back()
    file.close()
