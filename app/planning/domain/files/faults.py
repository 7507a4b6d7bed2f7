"""What may be wrong with a file that somebody sends, and where."""

from dataclasses import dataclass
from enum import StrEnum

_LONGEST = 40


class FaultKind(StrEnum):
    """What is wrong; the value of the fault is what stands there, unless said otherwise."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    """The value names the encoding that it seems to have, if any."""
    BAD_CHARACTER = "bad_character"
    """The value is the byte, in hexadecimal."""
    NO_SEPARATOR = "no_separator"
    BAD_QUOTES = "bad_quotes"
    UNKNOWN_COLUMN = "unknown_column"
    COLUMN_TWICE = "column_twice"
    MISSING_COLUMN = "missing_column"
    """The value is the name of the column."""
    WRONG_LENGTH = "wrong_length"
    """The value is `found/expected`, in fields."""
    NO_LINE = "no_line"
    TOO_MANY_LINES = "too_many_lines"

    UNKNOWN_SOCIETY = "unknown_society"
    BAD_MONTH = "bad_month"
    MONTH_NOT_OVER = "month_not_over"
    MONTH_TWICE = "month_twice"
    """The value is the line where the month stands already."""
    NO_NUMBER = "no_number"
    NEGATIVE = "negative"
    NOT_WHOLE = "not_whole"
    TOO_PRECISE = "too_precise"
    TOO_MANY = "too_many"

    BAD_RPPS = "bad_rpps"
    UNKNOWN_RADIOLOGIST = "unknown_radiologist"
    BAD_INSTANT = "bad_instant"
    OUT_OF_YEARS = "out_of_years"
    NOT_AFTER_START = "not_after_start"
    TOO_LONG = "too_long"
    BAD_UID = "bad_uid"
    UID_TWICE = "uid_twice"
    """The value is the line where it stands already."""
    SESSION_TWICE = "session_twice"
    """The value is the line where it stands already."""
    NO_CALENDAR = "no_calendar"
    NO_EVENT = "no_event"
    TOO_MANY_EVENTS = "too_many_events"
    TOO_MANY_REPEATED = "too_many_repeated"
    TOO_MANY_SESSIONS = "too_many_sessions"
    BAD_PROPERTY = "bad_property"
    """The value is the name of the property."""
    UNKNOWN_ZONE = "unknown_zone"
    UNKNOWN_RULE = "unknown_rule"
    """The value is the part of the rule."""
    COUNTED_TOO_LONG = "counted_too_long"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a file, at a line and a column, both from 1; no column: the whole line.

    In a calendar the line is the one where the event begins.
    """

    line: int
    column: int | None
    kind: FaultKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class LineFault:
    """A fault in words, at a line and a column, both from 1; no column: the whole line."""

    line: int
    column: int | None
    message: str

    def __str__(self) -> str:
        """Say where and what."""
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.message}"


def cut_short(text: str) -> str:
    """Quote what stands in a file, at most 40 characters of it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_WORDS = {
    FaultKind.EMPTY: "the file is empty",
    FaultKind.TOO_LARGE: "the file is larger than 1 MiB: import less at a time",
    FaultKind.NOT_TEXT: "this is no text in UTF-8 or Windows-1252 {value}: save it as CSV UTF-8",
    FaultKind.BAD_CHARACTER: "byte {value} is no character in UTF-8 or Windows-1252",
    FaultKind.NO_SEPARATOR: "no semicolon, comma or tab separates the columns",
    FaultKind.BAD_QUOTES: "quotation marks are opened and not closed",
    FaultKind.UNKNOWN_COLUMN: "there is no column {value!r}",
    FaultKind.COLUMN_TWICE: "column {value!r} stands twice",
    FaultKind.MISSING_COLUMN: "the column {value} is missing",
    FaultKind.WRONG_LENGTH: "there are {value} fields: is there a separator inside one?",
    FaultKind.NO_LINE: "there is no line below the names of the columns",
    FaultKind.TOO_MANY_LINES: "there are more than 5000 lines: import less at a time",
    FaultKind.UNKNOWN_SOCIETY: "there is no society {value!r}",
    FaultKind.BAD_MONTH: "{value!r} is no month such as 2026-03 or 03/2026",
    FaultKind.MONTH_NOT_OVER: "the month {value} is not over",
    FaultKind.MONTH_TWICE: "the same month of this society stands on line {value}",
    FaultKind.NO_NUMBER: "{value!r} is no number",
    FaultKind.NEGATIVE: "{value} is negative",
    FaultKind.NOT_WHOLE: "{value!r} is no whole number, written without separators",
    FaultKind.TOO_PRECISE: "{value!r} has more than three decimals",
    FaultKind.TOO_MANY: "{value} is more than a month can have",
    FaultKind.BAD_RPPS: "{value!r} is no RPPS number: eleven digits, the last a check digit",
    FaultKind.UNKNOWN_RADIOLOGIST: "no radiologist has the RPPS number {value}",
    FaultKind.BAD_INSTANT: "{value!r} is no instant such as 2027-01-12 08:00 or 12/01/2027 08:00",
    FaultKind.OUT_OF_YEARS: "{value!r} is not in the years 2000 to 2099",
    FaultKind.NOT_AFTER_START: "the session must end after it starts",
    FaultKind.TOO_LONG: "the session lasts longer than 62 days",
    FaultKind.BAD_UID: "{value!r} is too long for a UID, or no line of text",
    FaultKind.UID_TWICE: "the same UID stands on line {value}",
    FaultKind.SESSION_TWICE: "the same session stands on line {value}",
    FaultKind.NO_CALENDAR: "this is no whole iCalendar: BEGIN and END do not match",
    FaultKind.NO_EVENT: "no event makes anybody busy in the window",
    FaultKind.TOO_MANY_EVENTS: "there are more than 2000 events: export a shorter stretch",
    FaultKind.TOO_MANY_REPEATED: "there are more than 300 repeated events",
    FaultKind.TOO_MANY_SESSIONS: "there would be more than 5000 sessions: choose a shorter window",
    FaultKind.BAD_PROPERTY: "{value} cannot be read",
    FaultKind.UNKNOWN_ZONE: "there is no time zone {value!r}",
    FaultKind.UNKNOWN_RULE: "events that repeat by {value!r} are not understood",
    FaultKind.COUNTED_TOO_LONG: "the event is counted from more than ten years before the window",
}


def say(fault: Fault) -> str:
    """Say in English what is wrong; pages have their own words."""
    return _WORDS[fault.kind].format(value=fault.value)


def describe(fault: Fault) -> str:
    """Say in English where and what is wrong."""
    return str(LineFault(fault.line, fault.column, say(fault)))
