"""Read the cells of a file of volumes."""

import re
from datetime import date

from app.planning.domain.files.faults import FaultKind

LARGEST = 10**9
"""More exams than a month of any group has: a mistake in the file."""

_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})|(?P<month2>\d{1,2})/(?P<year2>\d{4})")
_DECIMAL = re.compile(r"(?P<whole>\d+)(?:[.,](?P<part>\d+))?", re.ASCII)
_SIGNED = re.compile(r"[-−]\s*\d")
_THOUSANDTHS = 3


def read_month(cell: str) -> date | None:
    """Read `2026-03` or `03/2026`; nothing if it is no such month."""
    found = _MONTH.fullmatch(cell)
    if found is None or not cell.isascii():
        return None
    year = int(found["year"] or found["year2"])
    month = int(found["month"] or found["month2"])
    return date(year, month, 1) if year and 1 <= month <= 12 else None  # noqa: PLR2004


def read_count(cell: str) -> int | FaultKind:
    """Read a whole number, at least 0; nothing at all is no number."""
    if not cell.isascii() or not cell.isdigit():
        return _explain(cell)
    return (
        int(cell)
        if len(cell) <= len(str(LARGEST)) and int(cell) < LARGEST
        else (FaultKind.TOO_MANY)
    )


def read_thousandths(cell: str) -> int | FaultKind:
    """Read a number with at most three decimals, after a point or a comma, as thousandths."""
    found = _DECIMAL.fullmatch(cell)
    if found is None:
        return FaultKind.NEGATIVE if _SIGNED.match(cell) else FaultKind.NO_NUMBER
    whole, part = found["whole"], found["part"] or ""
    if len(part) > _THOUSANDTHS:
        return FaultKind.TOO_PRECISE
    if len(whole) > len(str(LARGEST)) or int(whole) >= LARGEST:
        return FaultKind.TOO_MANY
    return int(whole + part.ljust(_THOUSANDTHS, "0"))


def _explain(cell: str) -> FaultKind:
    if _SIGNED.match(cell):
        return FaultKind.NEGATIVE
    return FaultKind.NOT_WHOLE if cell[:1].isdigit() else FaultKind.NO_NUMBER
