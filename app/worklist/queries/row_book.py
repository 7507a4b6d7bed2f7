"""The rows of the worklist that this process has read, for as long as they are true."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from app.worklist.queries.rows import Stamp
from app.worklist.views.worklist import WorklistRow

_KEPT = 4096
_TRUE_FOR = timedelta(seconds=30)
"""What a row shows and no case knows, the name of a site or a reader, changes once in years."""


class _Entry(NamedTuple):
    stamp: Stamp
    read_at: datetime
    row: WorklistRow


def _is_old(entry: _Entry, *, now: datetime) -> bool:
    return now - entry.read_at > _TRUE_FOR


class RowBook:
    """The last rows that were read, by their case.

    A row is true as long as its case has the same stamp: whatever changes what it shows raises the
    version of the case (`app.cases.repository.touch`).

    Parameters
    ----------
    kept
        At most so many, > 0; the one that was not asked for longest goes first.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self.read_count = 0

    def find(self, stamps: Mapping[int, Stamp], *, now: datetime) -> dict[int, WorklistRow]:
        """Find the rows of cases that have these stamps, by the case's id."""
        found = {}
        for case_id, stamp in stamps.items():
            entry = self._entries.get(case_id)
            if entry is None or entry.stamp != stamp or _is_old(entry, now=now):
                continue
            self._entries.move_to_end(case_id)
            found[case_id] = entry.row
        return found

    def keep(self, read: Iterable[tuple[Stamp, WorklistRow]], *, now: datetime) -> None:
        """Keep rows that were just read; an equal one stays the same object."""
        for stamp, row in read:
            self.read_count += 1
            before = self._entries.pop(row.case_id, None)
            if before is not None and before.stamp[0] > stamp[0] and not _is_old(before, now=now):
                # Two readers at once: who read later may come first.
                self._entries[row.case_id] = before
                continue
            kept = before.row if before is not None and before.row == row else row
            self._entries[row.case_id] = _Entry(stamp, now, kept)
        while len(self._entries) > self._kept:
            self._entries.popitem(last=False)
