"""Read the lines of a roster that came in a file, against what its planning says."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.planning.domain.files.faults import LineFault, cut_short
from app.planning.domain.typed_name import Named, find_typed

COLUMNS = (
    "seat_id",
    "segment",
    "line",
    "kind",
    "start",
    "end",
    "society_id",
    "society",
    "radiologist_id",
    "radiologist",
    "reason",
)
"""Of the export."""
_NEEDED = ("seat_id", "radiologist")
_INSTANTS = ("start", "end")
_MOST_NAMED = 3
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class SaidSeat:
    """A seat of the planning as its export says it now.

    Parameters
    ----------
    cells
        By column, what a file cannot change; instants as ISO 8601.
    society
        The one that owes it; absent: no revision that is published says so.
    radiologist, name
        Who holds it, and how the export names them; nobody: absent, and empty.
    is_over
        What was, stays.
    """

    cells: Mapping[str, str]
    society: int | None
    radiologist: int | None
    name: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class ReadSeat:
    """What a line changes: the society that owes the seat, who holds it, and what it says why."""

    seat: int
    society: int
    radiologist: int | None
    reason: str


class LineReader:
    """Read lines one after the other, and remember which seat stands where."""

    def __init__(
        self,
        said: Mapping[int, SaidSeat],
        *,
        people: Sequence[Named],
        societies: Mapping[str, int],
        separator: str,
    ) -> None:
        self._said = said
        self._people = people
        self._societies = {name.strip().casefold(): each for name, each in societies.items()}
        self._separator = separator
        self._seen: dict[int, int] = {}
        self._found: dict[str, list[Named]] = {}
        self.header: list[str] = []
        self.changes: list[ReadSeat] = []
        self.faults: list[LineFault] = []

    def refuse(self, line: int, message: str, *, name: str = "") -> None:
        """Note a fault, in the column of that name if there is one."""
        column = self.header.index(name) + 1 if name in self.header else None
        self.faults.append(LineFault(line, column, message))

    def read_header(self, line: int, text: str) -> None:
        """Read the names of the columns."""
        names = [field.casefold() for field in self._split(line, text) or []]
        unknown = [name for name in names if name not in COLUMNS]
        missing = [name for name in _NEEDED if name not in names]
        if self.faults:
            return
        if unknown:
            column = names.index(unknown[0]) + 1
            message = f"there is no column {cut_short(unknown[0])!r}: {', '.join(COLUMNS)} are all"
            self.faults.append(LineFault(line, column, message))
        if missing:
            self.refuse(line, f"the column {' and the column '.join(missing)} is missing")
        if len(set(names)) < len(names):
            self.refuse(line, "a column stands twice")
        if not self.faults:
            self.header = names

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
        seat_id = self._read_seat(line, cells["seat_id"])
        if seat_id is None:
            return
        said = self._said[seat_id]
        self._check_facts(line, cells, said)
        radiologist = self._read_holder(line, cells, said)
        society = self._read_society(line, cells, said)
        is_changed = said.society is None or radiologist != said.radiologist
        if is_changed and said.is_over:
            self.refuse(line, f"seat {seat_id} is over; what was, stays", name="radiologist")
        if is_changed and society is not None and len(self.faults) == before:
            reason = cells.get("reason", "")
            self.changes.append(ReadSeat(seat_id, society, radiologist, reason))

    def _split(self, line: int, text: str) -> list[str] | None:
        try:
            (fields,) = csv.reader([text], delimiter=self._separator, strict=True)
        except csv.Error:
            self.refuse(line, "quotation marks are opened and not closed")
            return None
        return [field.strip() for field in fields]

    def _read_seat(self, line: int, cell: str) -> int | None:
        is_number = cell.isascii() and cell.isdigit() and len(cell) <= _MOST_DIGITS
        seat_id = int(cell) if is_number else 0
        if seat_id not in self._said:
            self.refuse(
                line, f"there is no seat {cut_short(cell)!r} in this planning", name="seat_id"
            )
            return None
        first = self._seen.setdefault(seat_id, line)
        if first != line:
            self.refuse(line, f"seat {seat_id} stands on line {first} already", name="seat_id")
            return None
        return seat_id

    def _check_facts(self, line: int, cells: Mapping[str, str], said: SaidSeat) -> None:
        for name, stands in said.cells.items():
            cell = cells.get(name, "")
            if (
                cell
                and cell != stands.strip()
                and not (name in _INSTANTS and _is_same(cell, stands))
            ):
                message = f"{cut_short(cell)!r} is not {stands!r}: a file only changes holders"
                self.refuse(line, message, name=name)

    def _read_holder(self, line: int, cells: Mapping[str, str], said: SaidSeat) -> int | None:
        cell, number = cells["radiologist"], cells.get("radiologist_id", "")
        if cell == said.name.strip():
            if number and number != str(said.radiologist or ""):
                message = f"{cut_short(number)!r} is not who is named: change radiologist, not this"
                self.refuse(line, message, name="radiologist_id")
            return said.radiologist
        if not cell:
            return None
        found = self._find(cell)
        # Two people of one name: the export says which of them.
        chosen = [each for each in found if str(each.id) == number] if len(found) > 1 else found
        if len(chosen) == 1:
            return chosen[0].id
        self.refuse(line, _ask_for_more(cell, found), name="radiologist")
        return None

    def _find(self, cell: str) -> list[Named]:
        if cell not in self._found:
            self._found[cell] = find_typed(cell, self._people)
        return self._found[cell]

    def _read_society(self, line: int, cells: Mapping[str, str], said: SaidSeat) -> int | None:
        if said.society is not None:
            return said.society
        cell = cells.get("society", "")
        society = self._societies.get(cell.casefold())
        if society is None:
            message = f"there is no society {cut_short(cell)!r}, and nobody owes the seat yet"
            self.refuse(line, message, name="society")
        return society


def _is_same(cell: str, stands: str) -> bool:
    """Say whether two cells are the same instant; one without an offset is none."""
    try:
        instant = datetime.fromisoformat(cell)
    except ValueError:
        return False
    return instant.tzinfo is not None and instant == datetime.fromisoformat(stands)


def _ask_for_more(cell: str, found: Sequence[Named]) -> str:
    if not found:
        return f"{cut_short(cell)!r} is no radiologist: write a family name, or an RPPS number"
    named = ", ".join(
        f"{each.family_name} {each.given_name} ({each.rpps})" for each in found[:_MOST_NAMED]
    )
    return f"{cut_short(cell)!r} may be {named}: write the RPPS number"
