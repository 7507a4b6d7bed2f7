"""Turn an uploaded file into text and its lines: which encoding, which separator, what fields."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.planning.domain.files.faults import Fault, FaultKind

MOST_BYTES = 1 << 20
_WIDE = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"PK\x03\x04": "XLSX",
    b"\xd0\xcf\x11\xe0": "XLS",
}
_SEPARATORS = ";\t,"


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file as text, and how it was understood.

    Parameters
    ----------
    encoding
        `utf-8` or `cp1252`; the second only where the first does not fit.
    separator
        `;`, a tab or `,`: the first of these that stands in the line of the columns.
    byte_order_mark
        Whether one stood at the beginning.
    fault
        Why there is no text.
    """

    text: str = ""
    encoding: str = "utf-8"
    separator: str = ";"
    byte_order_mark: bool = False
    fault: Fault | None = None


def read_text(content: bytes) -> SourceText:
    """Read a file as text in UTF-8 or, where it is none, in Windows-1252."""
    if len(content) > MOST_BYTES:
        return _refuse(FaultKind.TOO_LARGE)
    for mark, name in _WIDE.items():
        if content.startswith(mark):
            return _refuse(FaultKind.NOT_TEXT, value=name)
    if b"\0" in content:
        return _refuse(FaultKind.NOT_TEXT, line=_line_of(content, content.index(b"\0")))
    marked = content.startswith(codecs.BOM_UTF8)
    body = content.removeprefix(codecs.BOM_UTF8)
    at = 0
    encodings = ("utf-8",) if marked else ("utf-8", "cp1252")
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError as error:
            at = error.start
        else:
            return _find_separator(text, encoding=encoding, marked=marked)
    byte = f"0x{body[at]:02X}"
    return _refuse(FaultKind.BAD_CHARACTER, line=_line_of(body, at), value=byte)


def _find_separator(text: str, *, encoding: str, marked: bool) -> SourceText:
    numbered = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not numbered:
        return _refuse(FaultKind.EMPTY)
    number, header = numbered[0]
    separator = next((each for each in _SEPARATORS if each in header), None)
    if separator is None:
        return _refuse(FaultKind.NO_SEPARATOR, line=number)
    return SourceText(text, encoding, separator, byte_order_mark=marked)


def _line_of(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _refuse(kind: FaultKind, *, line: int = 1, value: str = "") -> SourceText:
    return SourceText(fault=Fault(line, None, kind, value))


@dataclass(frozen=True, slots=True)
class Row:
    """Fields of a line; none when it cannot be split."""

    number: int
    fields: Sequence[str] | None


def split(source: SourceText) -> Iterator[Row]:
    """Split a table into its lines, without empty ones; each field is stripped."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            (fields,) = csv.reader([line], delimiter=source.separator, strict=True)
        except csv.Error:
            yield Row(number, None)
            continue
        if any(field.strip() for field in fields):
            yield Row(number, [field.strip() for field in fields])
