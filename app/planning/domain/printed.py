"""Tables of texts that are read on a page and printed alike."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table: every row has as many cells as the header.

    Parameters
    ----------
    note
        A sentence below it; may be empty.

    Raises
    ------
    ValueError
        If a row has more or fewer cells.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse rows that do not fit their header."""
        if any(len(row) != len(self.header) for row in self.rows):
            msg = f"a row of {self.title!r} does not have {len(self.header)} cells"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A title, sentences, and tables.

    Parameters
    ----------
    language
        `fr`, `en`: how words are cut at the end of a line.
    made_at
        Aware; stands on the paper.
    made
        The same, as it is read.
    """

    title: str
    subtitle: str
    language: str
    made_at: datetime
    made: str
    sentences: tuple[str, ...]
    tables: tuple[PrintedTable, ...]
