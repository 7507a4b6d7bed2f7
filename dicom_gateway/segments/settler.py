"""The settler: gives each record of the segments a file of its own in `incoming`.

It needs no database. What is cut off in between is done again: a record that is settled twice
gives the same file once more, and the index copes with an arrival that it knows already.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress

import structlog

from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable
from app.store.files import make_folder
from app.store.layout import Layout
from dicom_gateway import metrics
from dicom_gateway.segments import pool
from dicom_gateway.segments.groups import write_group_durably
from dicom_gateway.segments.reading import Record, SegmentReader
from dicom_gateway.segments.records import write_cursor

_log = structlog.get_logger(__name__)
_MOST_RECORDS = 128
_MOST_BYTES = 8 << 20
_PAUSE_S = 1.0
"""After a write that failed: a full disk is not asked again at once."""


class Settler:
    """Settles the segments of one data folder; for one process at a time.

    Parameters
    ----------
    layout
        The data folder; `incoming` exists.
    note_step
        Called between every two steps: a place to rest.
    read_clock_s
        A monotonic clock in seconds.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        note_step: Callable[[], object] = lambda: None,
        read_clock_s: Callable[[], float] = read_monotonic_s,
    ) -> None:
        self._folder = layout.segments
        self.layout = layout
        self._note_step = note_step
        self._read_clock_s = read_clock_s
        self._readers: dict[str, SegmentReader] = {}
        self._most_records = _MOST_RECORDS
        self._again_at_s = 0.0
        self._complaint: type[Exception] | None = None
        make_folder(self._folder)
        swept = pool.sweep_begun(self._folder)
        if swept:
            _log.info("segments_swept", count=swept)

    def has_news(self) -> bool:
        """Tell whether there is anything to do; cheap enough to be asked many times a second."""
        if self._read_clock_s() < self._again_at_s:
            return False
        self._follow()
        return any(reader.has_news() for reader in self._readers.values())

    def has_grown(self) -> bool:
        """Tell whether records came since the last call; as cheap as `has_news`."""
        self._follow()
        # Each is asked: an answer that is put off would be told at the next look.
        return sum(reader.has_grown() for reader in self._readers.values()) > 0

    def settle(self) -> int:
        """Settle all records that are there; return how many.

        Nothing is raised when the disk is full or refuses: the records stay where they are safe,
        and a later call tries again.
        """
        if self._read_clock_s() < self._again_at_s:
            return 0
        settled = 0
        try:
            self._follow()
            for reader in self._readers.values():
                reader.look_for_writer()
            for group in self._gather():
                metrics.set_segment_records_waiting(len(group))
                self._write(group)
                settled += len(group)
            metrics.set_segment_records_waiting(0)
            self._give_back()
            self._complaint = None
        except Unavailable as error:
            self._wait(error, reason=error.message)
        except OSError as error:
            self._wait(error, reason=f"the segments in {self._folder} cannot be read: {error}")
        return settled

    def close(self) -> None:
        """Let go of all segments."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def _follow(self) -> None:
        for path in pool.list_used(self._folder):
            if path.name not in self._readers:
                with suppress(FileNotFoundError):
                    self._readers[path.name] = SegmentReader(path)

    def _gather(self) -> Iterator[list[tuple[SegmentReader, Record]]]:
        group: list[tuple[SegmentReader, Record]] = []
        size = 0
        for reader in self._readers.values():
            for record in _read_on(reader):
                group.append((reader, record))
                size += len(record.payload)
                if len(group) >= self._most_records or size >= _MOST_BYTES:
                    yield group
                    group, size = [], 0
        if group:
            yield group

    def _write(self, group: list[tuple[SegmentReader, Record]]) -> None:
        incoming = self.layout.incoming
        # One that was sent again within a group would be written twice under one name.
        files = {f"{record.arrival_id}.dcm": record.payload for _, record in group}
        write_group_durably(incoming, files=list(files.items()), note_step=self._note_step)
        self._note_step()
        for reader, record in group:
            reader.settled_to = record.next_at
        for reader in {reader.path.name: reader for reader, _ in group}.values():
            write_cursor(reader.descriptor, generation=reader.generation, at=reader.settled_to)
            self._note_step()
        self._most_records = min(self._most_records * 2, _MOST_RECORDS)

    def _wait(self, error: Exception, *, reason: str) -> None:
        # What was read but not written is read again.
        self.close()
        dropped = pool.drop_free(self._folder)
        self._most_records = 1
        self._again_at_s = self._read_clock_s() + _PAUSE_S
        # The reason names a file, which is another one at each try.
        if type(error) is not self._complaint:
            self._complaint = type(error)
            _log.error("settling_waits", reason=reason, segments_dropped=dropped)

    def _give_back(self) -> None:
        for name, reader in list(self._readers.items()):
            if not reader.is_read:
                continue
            if reader.damaged:
                kept = pool.set_aside(reader.path)
                _log.error("segment_damaged", segment=kept.name, offsets=reader.damaged)
            else:
                if reader.is_torn:
                    # Its writer died over it: nobody was told that it is safe.
                    _log.warning("record_torn", segment=name)
                pool.give_back(self._folder, reader.path)
            self._note_step()
            reader.close()
            del self._readers[name]


def _read_on(reader: SegmentReader) -> Iterator[Record]:
    """Read what is new; what the disk does not give back must not keep other segments waiting."""
    try:
        yield from reader.read_on()
    except OSError as error:
        if not reader.is_unreadable:
            _log.error("segment_unreadable", segment=reader.path.name, reason=str(error))
        reader.is_unreadable = True
