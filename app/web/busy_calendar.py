"""Read an iCalendar (RFC 5545) of sessions elsewhere, as far as it tells when somebody is busy.

What events are about is never read: it may name patients. Descriptions of time zones in the file
are not read either: zones are those of the IANA, by their name or by that of Windows.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.error import InvalidCalendar
from icalendar.parser import Contentline, Parameters
from icalendar.prop import vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from app.planning.domain.busy.events import CalendarEvent
from app.planning.domain.busy.recurrence import Recurrence
from app.planning.domain.calendar import instant_of
from app.planning.domain.files.faults import Fault, FaultKind, cut_short
from app.planning.domain.files.source_text import MOST_BYTES
from app.web.busy_recurrence import UnknownRule, read_rule

MOST_EVENTS = 2000
MOST_REPEATED = 300
_BEGIN = b"BEGIN:VCALENDAR"
_READ = frozenset(
    {
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "UID",
        "STATUS",
        "TRANSP",
    }
)
_EVENT = ["VCALENDAR", "VEVENT"]
_NAME_ENDS = re.compile("[;:]")
_DEEPEST = 8
_LONGEST_ZONE = 100
_LONGEST_LINE = 20_000
_YEARS = range(1950, 2100)
_DAY = timedelta(days=1)


class _Flawed(Exception):
    """An event that cannot be read."""

    def __init__(self, kind: FaultKind, value: str) -> None:
        super().__init__(f"{kind}: {value}")
        self.kind = kind
        self.value = cut_short(value)


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of an event."""

    value: str
    params: Parameters


@dataclass(slots=True)
class _Block:
    """An event of the file, and the line where it begins."""

    line: int
    properties: dict[str, list[_Property]] = field(default_factory=dict)

    def first(self, name: str) -> _Property | None:
        """Return a property that should stand once."""
        found = self.properties.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """Return the text of a property; empty where it is absent."""
        found = self.first(name)
        return found.value.strip() if found else ""


def is_calendar(content: bytes) -> bool:
    """Tell whether a file begins as an iCalendar does."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[: len(_BEGIN)].upper() == _BEGIN


def read_calendar(
    content: bytes, *, zone: tzinfo
) -> tuple[tuple[CalendarEvent, ...], tuple[Fault, ...]]:
    """Read the events of an iCalendar, and every fault by the line where its event begins.

    Parameters
    ----------
    zone
        Where the clock hangs of times without a zone, and of whole days.
    """
    if len(content) > MOST_BYTES:
        return (), (Fault(1, None, FaultKind.TOO_LARGE),)
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        value = f"0x{content[error.start]:02X}"
        return (), (Fault(line, None, FaultKind.BAD_CHARACTER, value),)
    try:
        blocks = _list_blocks(text)
    except _Broken as broken:
        return (), (broken.fault,)
    fault = _find_too_many(blocks)
    return ((), (fault,)) if fault else _read_blocks(blocks, zone=zone)


class _Broken(Exception):
    """A file that is no calendar."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


def _find_too_many(blocks: Sequence[_Block]) -> Fault | None:
    if len(blocks) > MOST_EVENTS:
        return Fault(blocks[MOST_EVENTS].line, None, FaultKind.TOO_MANY_EVENTS)
    repeated = [each for each in blocks if "RRULE" in each.properties]
    if len(repeated) > MOST_REPEATED:
        return Fault(repeated[MOST_REPEATED].line, None, FaultKind.TOO_MANY_REPEATED)
    return None


def _read_blocks(
    blocks: Sequence[_Block], *, zone: tzinfo
) -> tuple[tuple[CalendarEvent, ...], tuple[Fault, ...]]:
    events: list[CalendarEvent] = []
    faults: list[Fault] = []
    for block in blocks:
        try:
            events.append(_read_event(block, zone=zone))
        except _Flawed as flaw:
            faults.append(Fault(block.line, None, flaw.kind, flaw.value))
    return (() if faults else tuple(events)), tuple(faults)


def _unfold(text: str) -> Iterator[tuple[int, str]]:
    """List the lines with the numbers where they begin; a blank at the begin goes on (§3.1)."""
    number, parts = 0, [""]
    for here, line in enumerate(text.split("\n"), start=1):
        if line[:1] in (" ", "\t") and number:
            parts.append(line[1:].rstrip("\r"))
            continue
        if number:
            yield number, "".join(parts)
        number, parts = here, [line.rstrip("\r")]
    yield number, "".join(parts)


def _walk(text: str) -> Iterator[tuple[int, str, Sequence[str]]]:
    """List the lines with the components inside of which they stand, their own begin and end too.

    Raises `_Broken` where what begins does not end, or the other way round.
    """
    open_names: list[str] = []
    number = 1
    for number, line in _unfold(text):
        keyword, _, value = line.partition(":")
        name = value.strip().upper()
        if keyword.upper() == "BEGIN":
            open_names.append(name)
        yield number, line, open_names
        is_wrong = len(open_names) > _DEEPEST
        if keyword.upper() == "END":
            is_wrong = not open_names or open_names.pop() != name
        if is_wrong:
            raise _Broken(Fault(number, None, FaultKind.NO_CALENDAR))
    if open_names:
        raise _Broken(Fault(number, None, FaultKind.NO_CALENDAR))


def _list_blocks(text: str) -> list[_Block]:
    """List the events; what stands inside other components, alarms too, is passed over."""
    blocks: list[_Block] = []
    for number, line, inside in _walk(text):
        if inside != _EVENT:
            continue
        if line.upper().startswith("BEGIN:"):
            blocks.append(_Block(number))
        else:
            _note(blocks[-1], line)
    return blocks


def _note(block: _Block, line: str) -> None:
    name = _NAME_ENDS.split(line, maxsplit=1)[0].strip().upper()
    if name not in _READ:
        return
    # Where it cannot be read it is empty, and the event is refused by its name.
    params, value = Parameters(), ""
    if len(line) <= _LONGEST_LINE:
        with contextlib.suppress(ValueError):
            _, params, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
    block.properties.setdefault(name, []).append(_Property(value, params))


@dataclass(frozen=True, slots=True)
class _When:
    """A time as it is written.

    Parameters
    ----------
    wall
        Naive.
    """

    wall: datetime
    zone: tzinfo
    is_day: bool

    @property
    def instant(self) -> datetime:
        """When it is, in UTC."""
        return instant_of(self.wall, zone=self.zone)


def _read_event(block: _Block, *, zone: tzinfo) -> CalendarEvent:
    begin = block.first("DTSTART")
    if begin is None:
        raise _Flawed(FaultKind.BAD_PROPERTY, "DTSTART")
    start = _read_when("DTSTART", begin.value, begin.params, zone=zone)
    length = _read_length(block, start, zone=zone)
    instead_of = _list_whens("RECURRENCE-ID", block, zone=zone)
    return CalendarEvent(
        line=block.line,
        uid=block.text("UID"),
        start=start.wall,
        zone=start.zone,
        length=length,
        whole_days=start.is_day,
        rule=_read_rule(block, zone=start.zone) if "RRULE" in block.properties else None,
        added=tuple(each.instant for each in _list_whens("RDATE", block, zone=zone)),
        left_out=frozenset(each.instant for each in _list_whens("EXDATE", block, zone=zone)),
        instead_of=instead_of[0].instant if instead_of else None,
        is_busy=_is_busy(block) and length > timedelta(0),
    )


def _is_busy(block: _Block) -> bool:
    is_off = block.text("STATUS").upper() == "CANCELLED"
    return not is_off and block.text("TRANSP").upper() != "TRANSPARENT"


def _read_rule(block: _Block, *, zone: tzinfo) -> Recurrence:
    rules = block.properties["RRULE"]
    if len(rules) > 1:
        raise _Flawed(FaultKind.UNKNOWN_RULE, "several RRULE")
    try:
        return read_rule(rules[0].value, zone=zone)
    except UnknownRule as error:
        raise _Flawed(FaultKind.UNKNOWN_RULE, error.part) from error


def _read_length(block: _Block, start: _When, *, zone: tzinfo) -> timedelta:
    """Tell how long an event lasts: of the wall for whole days, else elapsed."""
    end, lasts = block.first("DTEND"), block.first("DURATION")
    if end is not None:
        until = _read_when("DTEND", end.value, end.params, zone=zone)
        if until.is_day is not start.is_day:
            raise _Flawed(FaultKind.BAD_PROPERTY, "DTEND")
        length = until.wall - start.wall if start.is_day else until.instant - start.instant
    elif lasts is not None:
        found = _parse("DURATION", lasts.value)
        if not isinstance(found, timedelta):
            raise _Flawed(FaultKind.BAD_PROPERTY, "DURATION")
        length = found
    else:
        length = _DAY if start.is_day else timedelta(0)
    if length < timedelta(0):
        raise _Flawed(FaultKind.NOT_AFTER_START, "")
    return length


def _list_whens(name: str, block: _Block, *, zone: tzinfo) -> list[_When]:
    return [
        _read_when(name, value.strip(), each.params, zone=zone)
        for each in block.properties.get(name, ())
        for value in each.value.split(",")
    ]


def _read_when(name: str, value: str, params: Mapping[str, object], *, zone: tzinfo) -> _When:
    found = _parse(name, value)
    if isinstance(found, datetime):
        own = UTC if found.tzinfo is not None else _find_zone(params, zone=zone)
        when = _When(found.replace(tzinfo=None), own, is_day=False)
    elif isinstance(found, date):
        when = _When(datetime.combine(found, time(0)), zone, is_day=True)
    else:
        raise _Flawed(FaultKind.BAD_PROPERTY, name)
    if when.wall.year not in _YEARS:
        raise _Flawed(FaultKind.OUT_OF_YEARS, value)
    return when


def _parse(name: str, value: str) -> object:
    try:
        found: object = vDDDTypes.from_ical(value)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, OverflowError, InvalidCalendar) as error:
        raise _Flawed(FaultKind.BAD_PROPERTY, name) from error
    return found


def _find_zone(params: Mapping[str, object], *, zone: tzinfo) -> tzinfo:
    """Find the zone of a time: by its name, after whatever a program has put before it."""
    name = str(params.get("TZID") or "").strip().strip("/")
    if not name:
        return zone
    if len(name) > _LONGEST_ZONE:
        raise _Flawed(FaultKind.UNKNOWN_ZONE, name)
    parts = WINDOWS_TO_OLSON.get(name, name).split("/")
    for first in range(len(parts)):
        try:
            return ZoneInfo("/".join(parts[first:]))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise _Flawed(FaultKind.UNKNOWN_ZONE, name)
