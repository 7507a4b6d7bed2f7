"""Read a file of arrivals: one line for each hour of a society, or one for each exam.

The first line names the columns, in any order: `society` (its name or short name), then either
`day` (`2026-03-14` or `14/03/2026`), `hour` (0 to 23, on the wall) and `exams` (a whole number), or
`arrived_at` (`2026-03-14 20:45`, on the wall unless an offset follows). Columns are separated by
semicolons, commas or tabs. Nothing is taken of a file with a fault: all of them are named.
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from app.planning.domain.files.faults import Fault, FaultKind, LineFault, cut_short, say
from app.planning.domain.files.source_text import read_text
from app.planning.domain.volumes.cells import read_count

MOST_LINES = 60_000
MOST_FAULTS = 100
_MOST_EXAMS = 1000
_LAST_HOUR = 23
_ALIASES = {
    "societe": "society",
    "société": "society",
    "jour": "day",
    "date": "day",
    "heure": "hour",
    "examens": "exams",
    "arrivee": "arrived_at",
    "arrivée": "arrived_at",
}
_BY_HOUR = {"society", "day", "hour", "exams"}
_BY_EXAM = {"society", "arrived_at"}
_FRENCH_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A file as it was read.

    Parameters
    ----------
    counts
        Exams by society, date and hour on the wall; empty when there is any fault.
    faults
        By line; at most 100.
    lines
        How many lines were understood.
    """

    counts: Mapping[tuple[int, date, int], int]
    faults: tuple[LineFault, ...]
    lines: int = 0


def read_arrivals(
    content: bytes, *, societies: Mapping[str, int], zone: tzinfo, today: date
) -> Arrivals:
    """Read a file of arrivals.

    Parameters
    ----------
    content
        As uploaded.
    societies
        Ids by name and by short name.
    zone
        Of the wall.
    today
        On the wall: what arrives later is a fault.
    """
    source = read_text(content)
    if source.fault is not None:
        return Arrivals({}, (LineFault(source.fault.line, None, say(source.fault)),))
    lines = [
        (number, line)
        for number, line in enumerate(source.text.splitlines(), start=1)
        if line.strip(f" \t{source.separator}")
    ]
    reader = _Reader(societies, separator=source.separator, zone=zone, today=today)
    reader.read_header(*lines[0])
    if len(lines) > MOST_LINES + 1:
        reader.refuse(lines[MOST_LINES + 1][0], f"there are more than {MOST_LINES} lines")
    for number, line in lines[1 : MOST_LINES + 1]:
        if not reader.header or len(reader.faults) >= MOST_FAULTS:
            break
        reader.read_line(number, line)
    if len(lines) == 1 and not reader.faults:
        reader.refuse(lines[0][0], "there is no line below the names of the columns")
    if reader.faults:
        return Arrivals({}, tuple(reader.faults))
    return Arrivals(dict(reader.counts), (), len(lines) - 1)


class _Reader:
    """Read lines one after the other, and remember which hour stands where."""

    def __init__(
        self, societies: Mapping[str, int], *, separator: str, zone: tzinfo, today: date
    ) -> None:
        self._societies = {name.strip().casefold(): each for name, each in societies.items()}
        self._separator = separator
        self._zone = zone
        self._today = today
        self._seen: dict[tuple[int, date, int], int] = {}
        self.header: list[str] = []
        self.counts: Counter[tuple[int, date, int]] = Counter()
        self.faults: list[LineFault] = []

    def refuse(self, line: int, message: str, *, name: str = "") -> None:
        """Note a fault, in the column of that name if there is one."""
        column = self.header.index(name) + 1 if name else None
        self.faults.append(LineFault(line, column, message))

    def read_header(self, line: int, text: str) -> None:
        """Read the names of the columns."""
        fields = self._split(line, text) or []
        names = [_ALIASES.get(field.casefold(), field.casefold()) for field in fields]
        if set(names) in (_BY_HOUR, _BY_EXAM) and len(names) == len(set(names)):
            self.header = names
        elif not self.faults:
            self.refuse(
                line,
                f"the columns are {', '.join(map(cut_short, names))}; needed are society, day, "
                f"hour, exams, or society, arrived_at, each once",
            )

    def read_line(self, line: int, text: str) -> None:
        """Read one line: take it whole, or name its faults."""
        fields = self._split(line, text)
        if fields is None:
            return
        if len(fields) != len(self.header):
            self.refuse(line, f"there are {len(fields)} fields, not {len(self.header)}")
            return
        before = len(self.faults)
        cells = dict(zip(self.header, fields, strict=True))
        society = self._societies.get(cells["society"].casefold())
        if society is None:
            self.refuse(
                line, f"there is no society {cut_short(cells['society'])!r}", name="society"
            )
        found = (
            self._read_instant(line, cells["arrived_at"])
            if "arrived_at" in cells
            else self._read_hour(line, cells)
        )
        if society is None or found is None or len(self.faults) > before:
            return
        self._take(line, (society, found[0], found[1]), found[2])

    def _take(self, line: int, key: tuple[int, date, int], exams: int) -> None:
        first = self._seen.setdefault(key, line)
        if first != line and "hour" in self.header:
            self.refuse(line, f"this hour of the society stands on line {first}", name="hour")
        self.counts[key] += exams

    def _split(self, line: int, text: str) -> list[str] | None:
        try:
            (fields,) = csv.reader([text], delimiter=self._separator, strict=True)
        except csv.Error:
            self.refuse(line, "quotation marks are opened and not closed")
            return None
        return [field.strip() for field in fields]

    def _read_instant(self, line: int, cell: str) -> tuple[date, int, int] | None:
        try:
            instant = datetime.fromisoformat(cell)
        except ValueError:
            self.refuse(
                line, f"{cut_short(cell)!r} is no time such as 2026-03-14 20:45", name="arrived_at"
            )
            return None
        wall = instant if instant.tzinfo is None else instant.astimezone(self._zone)
        if wall.date() > self._today:
            self.refuse(line, f"{cut_short(cell)} is yet to come", name="arrived_at")
        return wall.date(), wall.hour, 1

    def _read_hour(self, line: int, cells: Mapping[str, str]) -> tuple[date, int, int] | None:
        day = _read_day(cells["day"])
        if day is None:
            message = f"{cut_short(cells['day'])!r} is no day such as 2026-03-14 or 14/03/2026"
            self.refuse(line, message, name="day")
        elif day > self._today:
            self.refuse(line, f"the day {cells['day']} is yet to come", name="day")
        hour, exams = (self._read_number(line, name, cells[name]) for name in ("hour", "exams"))
        if hour is not None and hour > _LAST_HOUR:
            self.refuse(line, f"{hour} is no hour from 0 to 23", name="hour")
        if exams is not None and exams > _MOST_EXAMS:
            self.refuse(line, f"{exams} is more than an hour can have", name="exams")
        if day is None or hour is None or exams is None:
            return None
        return day, hour, exams

    def _read_number(self, line: int, name: str, cell: str) -> int | None:
        found = read_count(cell)
        if isinstance(found, FaultKind):
            self.refuse(line, say(Fault(line, None, found, cut_short(cell))), name=name)
            return None
        return found


def _read_day(cell: str) -> date | None:
    french = _FRENCH_DAY.fullmatch(cell)
    parts: Sequence[str] = french.groups() if french else cell.split("-")[::-1]
    try:
        day, month, year = map(int, parts)
        return date(year, month, day)
    except ValueError:
        return None
