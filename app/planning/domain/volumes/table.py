"""Read a file of volumes: one line for each society and month.

The first line names the columns, in any order. Needed are `society` (its name or short name, or
`common` for the common pot), `month` (`2026-03` or `03/2026`) and `exams` (a whole number);
`weighted` (exams by weight, at most three decimals), `tests`, `resends`, `priors` and `refusals`
may follow. Columns are separated by semicolons, commas or tabs. Nothing is taken of a file with a
fault: all of them are named, by line and column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.planning.domain.files.columns import Columns, Header
from app.planning.domain.files.faults import Fault, FaultKind
from app.planning.domain.files.source_text import Row, SourceText, read_text, split
from app.planning.domain.volumes.cells import read_count, read_month, read_thousandths
from app.planning.domain.volumes.counting import MonthlyCount
from app.planning.domain.volumes.weights import ONE_EXAM

MOST_LINES = 5000
MOST_FAULTS = 100
"""After so many the rest of a file is not worth reading to anybody."""
COMMON = frozenset({"common", "commun"})

_COLUMNS = Columns(
    {
        "society": ("society", "societe", "société"),
        "month": ("month", "mois"),
        "exams": ("exams", "examens"),
        "weighted": ("weighted", "pondere", "pondéré", "ponderes", "pondérés"),
        "tests": ("tests",),
        "resends": ("resends", "renvois"),
        "priors": ("priors", "anteriorites", "antériorités"),
        "refusals": ("refusals", "refus"),
    },
    needed=("society", "month", "exams"),
)
_COUNTS = ("exams", "tests", "resends", "priors", "refusals")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was understood."""

    number: int
    count: MonthlyCount


@dataclass(frozen=True, slots=True)
class Reading:
    """A file of volumes as it was read.

    Parameters
    ----------
    lines
        Empty when there is any fault.
    faults
        By line, then column; at most 100.
    source
        How the file was understood: encoding, separator, mark of byte order.
    decimal_comma
        Whether weights were read with decimal commas.
    """

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    source: SourceText
    decimal_comma: bool = False


def read_table(content: bytes, *, societies: Mapping[str, int], today: date) -> Reading:
    """Read a file of volumes.

    Parameters
    ----------
    content
        As uploaded.
    societies
        Ids by name and by short name.
    today
        On the wall of the group's zone: a month must be over.
    """
    source = read_text(content)
    if source.fault is not None:
        return Reading((), (source.fault,), source)
    rows = list(split(source))
    if not rows:
        return Reading((), (Fault(1, None, FaultKind.EMPTY),), source)
    header = _COLUMNS.read_header(rows[0])
    if header.faults:
        return Reading((), header.faults[:MOST_FAULTS], source)
    known = {name.strip().casefold(): society for name, society in societies.items()}
    reader = _Reader(header, societies=known, today=today)
    for row in rows[1 : MOST_LINES + 1]:
        reader.read(row)
        if len(reader.faults) >= MOST_FAULTS:
            break
    if len(rows) > MOST_LINES + 1:
        reader.faults.append(Fault(rows[MOST_LINES + 1].number, None, FaultKind.TOO_MANY_LINES))
    if not reader.lines and not reader.faults:
        reader.faults.append(Fault(rows[0].number, None, FaultKind.NO_LINE))
    lines = () if reader.faults else tuple(reader.lines)
    return Reading(lines, tuple(reader.faults), source, reader.decimal_comma)


class _Reader:
    """Read lines one after the other, and remember what was said of which month."""

    def __init__(self, header: Header, *, societies: Mapping[str, int], today: date) -> None:
        self._header = header
        self._societies = societies
        self._today = today
        self._seen: dict[tuple[int | None, date], int] = {}
        self.lines: list[Line] = []
        self.faults: list[Fault] = []
        self.decimal_comma = False

    def read(self, row: Row) -> None:
        """Read one line: take it whole, or name every fault of it."""
        cells = self._header.read_cells(row)
        if isinstance(cells, Fault):
            self.faults.append(cells)
            return
        before = len(self.faults)
        society = self._read_society(cells["society"], row=row.number)
        month = self._read_month(cells["month"], row=row.number)
        counts = {name: self._read_count(name, cells, row=row.number) for name in _COUNTS}
        weighted = self._read_weighted(cells, row=row.number, exams=counts["exams"])
        if len(self.faults) > before or month is None:
            return
        self._note(row.number, society=society, month=month)
        if len(self.faults) == before:
            found = MonthlyCount(society, month, weighted=weighted, **counts)
            self.lines.append(Line(row.number, found))

    def _fault(self, name: str, kind: FaultKind, *, row: int, value: str) -> None:
        self.faults.append(self._header.blame(name, kind, row=row, value=value))

    def _note(self, row: int, *, society: int | None, month: date) -> None:
        first = self._seen.setdefault((society, month), row)
        if first != row:
            self._fault("month", FaultKind.MONTH_TWICE, row=row, value=str(first))

    def _read_society(self, cell: str, *, row: int) -> int | None:
        found = self._societies.get(cell.casefold())
        if found is None and cell.casefold() not in COMMON:
            self._fault("society", FaultKind.UNKNOWN_SOCIETY, row=row, value=cell)
        return found

    def _read_month(self, cell: str, *, row: int) -> date | None:
        month = read_month(cell)
        if month is None:
            self._fault("month", FaultKind.BAD_MONTH, row=row, value=cell)
        elif month >= self._today.replace(day=1):
            self._fault("month", FaultKind.MONTH_NOT_OVER, row=row, value=cell)
        return month

    def _read_count(self, name: str, cells: Mapping[str, str], *, row: int) -> int:
        if name not in self._header.names:
            return 0
        found = read_count(cells[name])
        if isinstance(found, FaultKind):
            self._fault(name, found, row=row, value=cells[name])
            return 0
        return found

    def _read_weighted(self, cells: Mapping[str, str], *, row: int, exams: int) -> int:
        if not cells.get("weighted"):
            return exams * ONE_EXAM
        cell = cells["weighted"]
        found = read_thousandths(cell)
        if isinstance(found, FaultKind):
            self._fault("weighted", found, row=row, value=cell)
            return 0
        self.decimal_comma = self.decimal_comma or "," in cell
        return found
