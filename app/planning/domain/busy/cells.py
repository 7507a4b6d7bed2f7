"""Read the cells of a table of sessions."""

import re
from datetime import datetime, tzinfo

from app.directory.domain import InvalidField
from app.directory.domain.identifiers import check_rpps
from app.planning.domain.calendar import instant_of
from app.planning.domain.files.faults import FaultKind

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})[T ]+"
    r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?P<offset>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_FRENCH = re.compile(
    r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4}) +"
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2}))?",
    re.ASCII,
)
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


def read_rpps(cell: str) -> str | None:
    """Read an RPPS number; nothing if it is none."""
    try:
        return check_rpps(cell)
    except InvalidField:
        return None


def read_instant(cell: str, *, zone: tzinfo) -> datetime | FaultKind:
    """Read `2027-01-12 08:00`, `12/01/2027 08:00` or `12/01/2027 8h00`, to the second at most.

    Parameters
    ----------
    zone
        Where the wall clock hangs of cells without an offset; the first occurrence of a wall time
        that comes twice, the first instant after a jump for one that is left out.

    Returns
    -------
    datetime or FaultKind
        Aware, in the years 2000 to 2099 of what is written; else what is wrong.
    """
    found = _ISO.fullmatch(cell) or _FRENCH.fullmatch(cell)
    if found is None:
        return FaultKind.BAD_INSTANT
    try:
        wall = datetime(  # noqa: DTZ001 - a wall time
            int(found["year"]),
            int(found["month"]),
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"] or 0),
        )
    except ValueError:
        return FaultKind.BAD_INSTANT
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        return FaultKind.OUT_OF_YEARS
    offset = found.groupdict().get("offset")
    if not offset:
        return instant_of(wall, zone=zone)
    try:
        return datetime.fromisoformat(f"{wall.isoformat()}{offset}")
    except ValueError:
        return FaultKind.BAD_INSTANT
