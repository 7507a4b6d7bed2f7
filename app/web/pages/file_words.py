"""Faults of files that people send, in the words of the reader's language."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from app.planning.domain.files.faults import Fault, FaultKind, LineFault
from app.web.pages.texts import N_, Texts

_K = FaultKind

FAULTS: Mapping[FaultKind, str] = MappingProxyType(
    {
        _K.EMPTY: N_("The file is empty."),
        _K.TOO_LARGE: N_("The file is larger than 1 MiB: import less at a time."),
        _K.NOT_TEXT: N_("This is no text file %(value)s: save it as CSV UTF-8."),
        _K.BAD_CHARACTER: N_("Byte %(value)s is no character: save the file as CSV UTF-8."),
        _K.NO_SEPARATOR: N_("No semicolon, comma or tab separates the columns."),
        _K.BAD_QUOTES: N_("Quotation marks are opened and not closed."),
        _K.UNKNOWN_COLUMN: N_("There is no column “%(value)s”."),
        _K.COLUMN_TWICE: N_("The column “%(value)s” stands twice."),
        _K.MISSING_COLUMN: N_("The column “%(value)s” is missing."),
        _K.WRONG_LENGTH: N_(
            "Fields found and expected: %(value)s. Is there a separator inside one of them?"
        ),
        _K.NO_LINE: N_("There is no line below the names of the columns."),
        _K.TOO_MANY_LINES: N_("There are more than 5000 lines: import less at a time."),
        _K.UNKNOWN_SOCIETY: N_("There is no society “%(value)s”."),
        _K.BAD_MONTH: N_("“%(value)s” is no month such as 2026-03 or 03/2026."),
        _K.MONTH_NOT_OVER: N_("The month %(value)s is not over."),
        _K.MONTH_TWICE: N_("The same month of this society stands on line %(value)s."),
        _K.NO_NUMBER: N_("“%(value)s” is no number."),
        _K.NEGATIVE: N_("%(value)s is negative."),
        _K.NOT_WHOLE: N_("“%(value)s” is no whole number, written without separators."),
        _K.TOO_PRECISE: N_("“%(value)s” has more than three decimals."),
        _K.TOO_MANY: N_("%(value)s is more than a month can have."),
        _K.BAD_RPPS: N_(
            "“%(value)s” is no RPPS number: eleven digits, the last of which is a check digit."
        ),
        _K.UNKNOWN_RADIOLOGIST: N_("No radiologist has the RPPS number %(value)s."),
        _K.BAD_INSTANT: N_("“%(value)s” is no time such as 2027-01-12 08:00 or 12/01/2027 08:00."),
        _K.OUT_OF_YEARS: N_("“%(value)s” is not in the years 2000 to 2099."),
        _K.NOT_AFTER_START: N_("“%(value)s”: a session ends after it starts."),
        _K.TOO_LONG: N_("“%(value)s”: a session lasts at most 62 days."),
        _K.BAD_UID: N_("“%(value)s” is too long for a UID, or no line of text."),
        _K.UID_TWICE: N_("The same UID stands on line %(value)s."),
        _K.SESSION_TWICE: N_("The same session stands on line %(value)s."),
        _K.NO_CALENDAR: N_("This is no whole iCalendar: BEGIN and END do not match."),
        _K.NO_EVENT: N_("No event makes anybody busy in the year to come."),
        _K.TOO_MANY_EVENTS: N_("There are more than 2000 events: export a shorter stretch."),
        _K.TOO_MANY_REPEATED: N_("There are more than 300 repeated events."),
        _K.TOO_MANY_SESSIONS: N_("There would be more than 5000 sessions."),
        _K.BAD_PROPERTY: N_("%(value)s cannot be read."),
        _K.UNKNOWN_ZONE: N_("There is no time zone “%(value)s”."),
        _K.UNKNOWN_RULE: N_("Events that repeat by “%(value)s” are not understood."),
        _K.COUNTED_TOO_LONG: N_("The event is counted from more than ten years ago."),
    }
)
"""A test wants all of them."""


def write_faults(faults: Iterable[Fault], *, texts: Texts) -> tuple[LineFault, ...]:
    """Write what is wrong with a file, and where."""
    return tuple(
        LineFault(each.line, each.column, texts.gettext(FAULTS[each.kind], value=each.value))
        for each in faults
    )
