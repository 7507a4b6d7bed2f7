"""Read a table of sessions elsewhere: one line for each.

The first line names the columns, in any order: `rpps`, `start` and `end` are needed, `uid` may
follow. Columns are separated by semicolons, commas or tabs. Nothing is taken of a file with a
fault: all of them are named, by line and column.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from app.kit.interval import Interval
from app.planning.domain.busy.cells import read_instant, read_rpps
from app.planning.domain.busy.session import (
    MOST_FAULTS,
    MOST_SESSIONS,
    BusyLine,
    BusyReading,
    check_hours,
    is_uid,
    name_by_hours,
)
from app.planning.domain.files.columns import Columns, Header
from app.planning.domain.files.faults import Fault, FaultKind
from app.planning.domain.files.source_text import Row, read_text, split

_COLUMNS = Columns(
    {
        "rpps": ("rpps", "radiologist", "radiologue"),
        "start": ("start", "debut", "début"),
        "end": ("end", "fin"),
        "uid": ("uid", "id"),
    },
    needed=("rpps", "start", "end"),
)


def read_busy_table(
    content: bytes, *, radiologists: Mapping[str, int], zone: tzinfo
) -> BusyReading:
    """Read a table of sessions.

    Parameters
    ----------
    content
        As uploaded.
    radiologists
        Ids by RPPS number.
    zone
        Where the wall clock of the table hangs.
    """
    source = read_text(content)
    if source.fault is not None:
        return BusyReading((), (source.fault,))
    rows = list(split(source))
    if not rows:
        return BusyReading((), (Fault(1, None, FaultKind.EMPTY),))
    header = _COLUMNS.read_header(rows[0])
    if header.faults:
        return BusyReading.of((), header.faults)
    reader = _Reader(header, radiologists=radiologists, zone=zone)
    for row in rows[1 : MOST_SESSIONS + 1]:
        reader.read(row)
        if len(reader.faults) >= MOST_FAULTS:
            break
    if len(rows) > MOST_SESSIONS + 1:
        reader.faults.append(Fault(rows[MOST_SESSIONS + 1].number, None, FaultKind.TOO_MANY_LINES))
    if len(rows) == 1:
        reader.faults.append(Fault(rows[0].number, None, FaultKind.NO_LINE))
    return BusyReading.of(reader.lines, reader.faults)


class _Reader:
    """Read lines one after the other, and remember what stands on which."""

    def __init__(self, header: Header, *, radiologists: Mapping[str, int], zone: tzinfo) -> None:
        self._header = header
        self._radiologists = radiologists
        self._zone = zone
        self._uids: dict[tuple[int, str], int] = {}
        self.lines: list[BusyLine] = []
        self.faults: list[Fault] = []

    def read(self, row: Row) -> None:
        """Read one line: take it whole, or name every fault of it."""
        cells = self._header.read_cells(row)
        if isinstance(cells, Fault):
            self.faults.append(cells)
            return
        before = len(self.faults)
        radiologist = self._read_radiologist(cells["rpps"], row=row.number)
        interval = self._read_hours(cells, row=row.number)
        uid = cells.get("uid", "")
        if uid and not is_uid(uid):
            self._fault("uid", FaultKind.BAD_UID, row=row.number, value=uid)
        if radiologist is None or interval is None or len(self.faults) > before:
            return
        line = BusyLine(row.number, radiologist, interval, uid or name_by_hours(interval))
        first = self._uids.setdefault((line.radiologist, line.uid), line.number)
        if first == line.number:
            self.lines.append(line)
        elif uid:
            self._fault("uid", FaultKind.UID_TWICE, row=line.number, value=str(first))
        else:
            self._fault("start", FaultKind.SESSION_TWICE, row=line.number, value=str(first))

    def _fault(self, name: str, kind: FaultKind, *, row: int, value: str) -> None:
        self.faults.append(self._header.blame(name, kind, row=row, value=value))

    def _read_radiologist(self, cell: str, *, row: int) -> int | None:
        rpps = read_rpps(cell)
        if rpps is None:
            self._fault("rpps", FaultKind.BAD_RPPS, row=row, value=cell)
            return None
        if rpps not in self._radiologists:
            self._fault("rpps", FaultKind.UNKNOWN_RADIOLOGIST, row=row, value=rpps)
            return None
        return self._radiologists[rpps]

    def _read_hours(self, cells: Mapping[str, str], *, row: int) -> Interval | None:
        ends: list[datetime] = []
        for name in ("start", "end"):
            found = read_instant(cells[name], zone=self._zone)
            if isinstance(found, FaultKind):
                self._fault(name, found, row=row, value=cells[name])
            else:
                ends.append(found)
        if len(ends) < len(("start", "end")):
            return None
        interval = check_hours(*ends)
        if isinstance(interval, FaultKind):
            self._fault("end", interval, row=row, value=cells["end"])
            return None
        return interval
