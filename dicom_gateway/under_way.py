"""One data set on its way to the disk: in a segment, in memory, or in a file of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import structlog

from app.kit.errors import AppError
from app.store.files import Bytes, explain_refusal
from dicom_gateway.arrival import (
    Announced,
    Provenance,
    check_uids,
    find_uids,
    make_file_head,
    write_length,
)
from dicom_gateway.part_file import PartFile
from dicom_gateway.segments.growing import Growing
from dicom_gateway.statuses import status_of

if TYPE_CHECKING:
    from dicom_gateway.receiving import Receiving

_log = structlog.get_logger(__name__)
_HELD_BYTES = 1 << 20
"""Up to here a data set stands in a segment, or in memory until it does."""
_HELD_IN_ALL_BYTES = 64 << 20
"""What all of a process may hold; beyond it they go to files of their own."""
_SHOWN_BYTES = 8 << 10
"""So many show the UIDs, as a rule: then the data set may grow in the segment."""
_CHECKED_BYTES = 1 << 20
"""UIDs that stand further back are for the index to check."""

Answer: TypeAlias = Callable[[int], None]
"""Sends the status of a C-STORE response."""


class DataSetUnderWay:
    """One data set, from its first fragment to its status.

    Parameters
    ----------
    receiving
        Whose it is.
    announced
        What its command says of it.
    provenance
        Where it comes from.
    """

    __slots__ = (
        "_announced",
        "_error",
        "_file",
        "_front",
        "_growing",
        "_held",
        "_is_checked",
        "_may_grow",
        "_provenance",
        "_receiving",
        "size_bytes",
    )

    def __init__(
        self, receiving: "Receiving", announced: Announced, *, provenance: Provenance
    ) -> None:
        self._receiving = receiving
        self._announced = announced
        self._provenance = provenance
        self._held = bytearray()
        self._file: PartFile | None = None
        self._growing: Growing | None = None
        self._front = b""
        self._may_grow = True
        self._is_checked = False
        self._error: AppError | None = None
        self.size_bytes = 0

    def write(self, fragment: memoryview) -> None:
        """Take the next bytes; what goes wrong is told by the status."""
        self.size_bytes += len(fragment)
        if self._error is not None:
            return
        try:
            self._take(fragment)
        except AppError as error:
            self._fail(error)
        except OSError as error:
            self._fail(explain_refusal(error, self._receiving.spool.incoming))

    def _take(self, fragment: memoryview) -> None:
        if self._growing is not None:
            if self.size_bytes <= _HELD_BYTES and self._growing.has_room(len(fragment)):
                self._growing.write(fragment)
                return
            self._hold_again()
        if self._file is not None or not self._may_hold(len(fragment)):
            self._stream(fragment)
        elif self.size_bytes < _SHOWN_BYTES or not self._begin_to_grow(fragment):
            self._hold(fragment)

    def _begin_to_grow(self, fragment: memoryview) -> bool:
        """Let it grow in the segment if its UIDs are there and nobody is in its way."""
        if not self._may_grow:
            return False
        self._may_grow = False
        start = self._held + fragment if self._held else fragment
        if not self._check(start, is_whole=False):
            return False
        self._front = make_file_head(self._announced, provenance=self._provenance)
        self._growing = self._receiving.let_grow(
            self, front_bytes=len(self._front), more_bytes=len(start)
        )
        if self._growing is None:
            return False
        self._growing.write(start)
        self._let_go()
        return True

    def make_way(self) -> None:
        """Hold what has grown: somebody else needs the segment."""
        try:
            self._hold_again()
        except OSError as error:
            self._fail(explain_refusal(error, self._receiving.spool.incoming))

    def _hold_again(self) -> None:
        growing = self._end_growth()
        if growing is not None:
            self._hold(growing.read_back())

    def _end_growth(self) -> Growing | None:
        growing, self._growing = self._growing, None
        if growing is not None:
            self._receiving.note_grown()
            if self._receiving.segments is not None:
                self._receiving.segments.drop(growing)
        return growing

    def _may_hold(self, more: int) -> bool:
        held = self._receiving.held_bytes
        return self.size_bytes <= _HELD_BYTES and held + more <= _HELD_IN_ALL_BYTES

    def _hold(self, fragment: Bytes) -> None:
        self._held += fragment
        self._receiving.held_bytes += len(fragment)

    def _let_go(self) -> None:
        if self._held:
            self._receiving.held_bytes -= len(self._held)
            self._held = bytearray()

    def _stream(self, fragment: memoryview) -> None:
        if self._file is None:
            self._open_file()
        assert self._file is not None  # noqa: S101 - it was opened a line above
        self._receiving.spool.require_floor(len(fragment))
        self._file.write(fragment)
        if not self._is_checked:
            self._hold(fragment)
            if self._check(self._held, is_whole=False):
                self._let_go()

    def _open_file(self) -> None:
        """Write what was held, unless its header is not what was announced."""
        is_checked = self._is_checked or self._check(self._held, is_whole=False)
        path = self._receiving.spool.layout.incoming_path(self._provenance.arrival_id)
        self._file = PartFile(path)
        self._file.write(make_file_head(self._announced, provenance=self._provenance))
        self._file.write(self._held)
        if is_checked:
            self._let_go()

    def _check(self, start: Bytes, *, is_whole: bool) -> bool:
        """Compare the UIDs, as soon as they are all there; tell whether that is done.

        Raises
        ------
        UidMismatch, MalformedUid
            As `check_uids` says; a missing UID only when nothing can follow.
        """
        uids = find_uids(start, transfer_syntax_uid=self._announced.transfer_syntax_uid)
        if uids.are_complete or (is_whole and not uids.is_end_of_search):
            check_uids(uids, self._announced)
            self._is_checked = True
        elif uids.is_end_of_search or len(start) >= _CHECKED_BYTES:
            self._is_checked = True
        return self._is_checked

    def finish(self, answer: Answer) -> None:
        """Tell that nothing follows; the answer comes when the data set is on the disk."""
        try:
            if self._error is None:
                self._finish(answer)
        except AppError as error:
            self._fail(error)
        except OSError as error:
            self._fail(explain_refusal(error, self._receiving.spool.incoming))
        if self._error is not None:
            answer(status_of(self._error))

    def _finish(self, answer: Answer) -> None:
        if not self._is_checked:
            self._check(self._held, is_whole=True)
        if self._file is None:
            self._receiving.spool.require_floor(self.size_bytes)
            if self._put_into_segment():
                self._receiving.await_segment(answer)
                return
            self._open_file()
        assert self._file is not None  # noqa: S101 - it was opened a line above
        self._file.name(data_set_bytes=self.size_bytes)
        file, self._file = self._file, None
        self._receiving.await_file(file, answer)

    def _put_into_segment(self) -> bool:
        segments, growing = self._receiving.segments, self._growing
        if growing is None or segments is None:
            head = make_file_head(
                self._announced, provenance=self._provenance, data_set_bytes=self.size_bytes
            )
            is_kept = self._receiving.append(self._provenance.arrival_id, (head, self._held))
            if is_kept:
                self._let_go()
            return is_kept
        length = write_length(self.size_bytes)
        front = length + self._front[len(length) :]
        segments.finish(growing, self._provenance.arrival_id, front=front)
        self._growing = None
        self._receiving.note_grown()
        return True

    def give_up(self) -> None:
        """Forget it: its association ended before it was whole."""
        self._end_growth()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._let_go()

    def _fail(self, error: AppError) -> None:
        _log.warning(
            "instance_refused",
            association_id=str(self._provenance.association_id),
            status=f"{status_of(error):04X}",
            reason=error.message,
        )
        self._error = error
        self.give_up()
