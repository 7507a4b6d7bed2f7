"""What the pages of requests say: codes, faults and history in the reader's language."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal

from app.requests.domain.attachments import FileFault
from app.requests.domain.faults import Fault
from app.requests.models import RequestEvent
from app.web.pages.texts import N_, Texts
from app.web.pages.words import REQUEST_STATES, name

PREGNANCIES: Mapping[str, str] = MappingProxyType(
    {
        "unknown": N_("not known"),
        "no": N_("no"),
        "yes": N_("yes"),
        "not_applicable": N_("does not apply"),
    }
)

DECISIONS: Mapping[str, str] = MappingProxyType(
    {
        "validated": N_("Validate, with a protocol"),
        "substituted": N_("Another exam instead"),
        "refused": N_("Refuse"),
        "more_information": N_("Ask the hospital something"),
    }
)

PROTOCOLS: Final = (
    N_("No contrast, 1 mm slices"),
    N_("No contrast, then contrast at the portal phase"),
    N_("CT angiography from the aortic arch to the vertex, after a CT without contrast"),
    N_("CT angiography of the pulmonary arteries"),
    N_("Whole body: brain and cervical spine without contrast, then arterial and portal phases"),
)
"""Beginnings of protocols that a click puts into the text."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "site_id": N_("Hospital"),
        "family_name": N_("Family name"),
        "given_name": N_("Given name"),
        "birth_date": N_("Date of birth"),
        "sex": N_("Sex"),
        "patient_id": N_("Patient ID"),
        "accession_number": N_("Accession number"),
        "priority": N_("Priority"),
        "question": N_("Question"),
        "context": N_("Clinical context and history"),
        "region": N_("Region"),
        "exam": N_("Exam wished"),
        "allergy": N_("Allergies"),
        "renal_function": N_("Renal function"),
        "pregnancy": N_("Pregnancy"),
        "requester": N_("Requested by (name, function)"),
        "call_back_number": N_("Number to call back"),
        "patient_informed": N_("Patient informed"),
        "expected_count": N_("Images announced"),
        "protocol": N_("Protocol"),
        "reason": N_("Reason"),
        "file": N_("File"),
    }
)

_FAULTS: Final[tuple[tuple[str, str], ...]] = (
    (r"this is needed", N_("this is needed")),
    (r"at most (?P<longest>\d+) characters", N_("at most %(longest)s characters")),
    (r"no control characters", N_("it holds characters that cannot be seen: type it again")),
    (r"this day has not come yet", N_("this day has not come yet")),
    (r"not before (?P<year>\d+)", N_("not before %(year)s")),
    (r"a date such as 24/12/1950", N_("a date such as 24/12/1950")),
    (
        r"a telephone number of at least 4 digits",
        N_("a telephone number of at least 4 digits"),
    ),
    (r"a whole number from 1 to (?P<most>\d+)", N_("a whole number from 1 to %(most)s")),
    (FileFault.EMPTY, N_("this file is empty")),
    (FileFault.UNKNOWN, N_("this is no PDF, JPEG or PNG, whatever its name says")),
    (FileFault.DAMAGED, N_("this file is damaged or cut off: it cannot be read to its end")),
    (FileFault.TOO_MANY_PIXELS, N_("this picture has too many points: send a smaller one")),
    (FileFault.ENCRYPTED, N_("this PDF is encrypted: send it without a password")),
    (
        FileFault.ACTIVE,
        N_("this PDF carries a script, a program or another file: print it to a new PDF"),
    ),
    (
        FileFault.OPAQUE,
        N_("this PDF is packed in a way that cannot be looked into: print it to a new PDF"),
    ),
    (r"a file has at most (?P<most>\d+) MB", N_("a file has at most %(most)s MB")),
)
_PATTERNS: Final = tuple((re.compile(pattern), message) for pattern, message in _FAULTS)


def make_filters(texts: Texts) -> dict[str, Callable[..., str]]:
    """Make the filters of the templates of requests."""

    def write_day(day: date | None) -> str:
        return "" if day is None else format_date(day, "dd/MM/yyyy", locale=texts.locale)

    def write_size(size_bytes: int) -> str:
        return f"{format_decimal(max(1, size_bytes // 1024), locale=texts.locale)} kB"

    return {
        "pregnancy": lambda value: name(value, PREGNANCIES, texts=texts),
        "decision_kind": lambda value: name(value, DECISIONS, texts=texts),
        "day": write_day,
        "kilobytes": write_size,
    }


def explain_fault(message: str, *, texts: Texts) -> str:
    """Say what is wrong with a field; a rule that has no words yet is said in English."""
    for pattern, words in _PATTERNS:
        match = pattern.fullmatch(message)
        if match is not None:
            return texts.gettext(words, **match.groupdict())
    return message


def explain_faults(faults: Sequence[Fault], *, texts: Texts) -> dict[str, str]:
    """Say what is wrong, by field; of several faults of a field the first one counts."""
    return {each.field: explain_fault(each.message, texts=texts) for each in reversed(list(faults))}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An entry of a request's history, as it is shown."""

    at: datetime
    icon: str
    text: str
    by_name: str
    reason: str


_FACTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "asked": ("help", N_("More information wanted")),
        "amended": ("pen", N_("Changed")),
        "attached": ("page", N_("File added")),
        "images_came": ("images", N_("Images have come")),
        "images_left": ("images", N_("The images were not of this request")),
        "images_asked_for": ("bell", N_("No image has come: the hospital is asked")),
    }
)
_ICONS: Mapping[str, str] = MappingProxyType(
    {
        "requested": "inbox",
        "validated": "check",
        "substituted": "check",
        "refused": "cross",
        "cancelled": "cross",
    }
)


def write_history(
    events: Sequence[tuple[RequestEvent, str | None]], *, texts: Texts
) -> tuple[HistoryEntry, ...]:
    """Write every entry, oldest first."""
    return tuple(_write(event, by_name or "", texts) for event, by_name in events)


def _write(event: RequestEvent, by_name: str, texts: Texts) -> HistoryEntry:
    if event.kind == "moved":
        state = event.state_to or ""
        icon, text = _ICONS.get(state, "dot"), name(state, REQUEST_STATES, texts=texts)
    else:
        icon, message = _FACTS.get(event.kind, ("dot", event.kind))
        text = texts.gettext(message)
    changed = event.detail.get("before", {})
    labels = ", ".join(name(each, LABELS, texts=texts) for each in changed)
    return HistoryEntry(event.at, icon, text, by_name, labels or event.reason)
