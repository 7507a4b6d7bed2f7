"""The columns of a table: named by its first line, in any order, in either language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.planning.domain.files.faults import Fault, FaultKind, cut_short
from app.planning.domain.files.source_text import Row


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table as they stand, from the first.

    Parameters
    ----------
    faults
        With any of them, no other line can be read.
    """

    names: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    def read_cells(self, row: Row) -> Mapping[str, str] | Fault:
        """Read the cells of a line by column, or say why they cannot be told apart."""
        if row.fields is None:
            return Fault(row.number, None, FaultKind.BAD_QUOTES)
        if len(row.fields) != len(self.names):
            # A decimal comma in a file whose separator is the comma looks like one field too many.
            expected = f"{len(row.fields)}/{len(self.names)}"
            return Fault(row.number, None, FaultKind.WRONG_LENGTH, expected)
        return dict(zip(self.names, row.fields, strict=True))

    def blame(self, name: str, kind: FaultKind, *, row: int, value: str) -> Fault:
        """Make the fault of a cell, by the name of its column."""
        return Fault(row, self.names.index(name) + 1, kind, cut_short(value))


@dataclass(frozen=True, slots=True)
class Columns:
    """What columns a table may have.

    Parameters
    ----------
    aliases
        What each may be called, in small letters.
    needed
        Those that must stand.
    """

    aliases: Mapping[str, Sequence[str]]
    needed: Sequence[str]

    def read_header(self, row: Row) -> Header:
        """Read the first line of a table, with every fault of it."""
        if row.fields is None:
            return Header((), (Fault(row.number, None, FaultKind.BAD_QUOTES),))
        known = {alias: name for name, aliases in self.aliases.items() for alias in aliases}
        names: list[str] = []
        faults: list[Fault] = []
        for number, field in enumerate(row.fields, start=1):
            name = known.get(field.casefold(), "")
            if not name:
                faults.append(Fault(row.number, number, FaultKind.UNKNOWN_COLUMN, cut_short(field)))
            elif name in names:
                faults.append(Fault(row.number, number, FaultKind.COLUMN_TWICE, cut_short(field)))
            names.append(name)
        faults += [
            Fault(row.number, None, FaultKind.MISSING_COLUMN, name)
            for name in self.needed
            if name not in names
        ]
        return Header(tuple(names), tuple(faults))
