"""What a request must hold, and what may still change once it was decided.

References
----------
The content that teleradiology asks of a request at the least: patient, requester with a telephone,
clinical context, question, region, risks and contra-indications, exam wished, delay wished, and
that the patient was informed.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from app.requests.domain.faults import ContentRefused, DecidedContentFixed, Fault

LONGEST_LINE = 200
LONGEST_TEXT = 5000
LONGEST_IDENTIFIER = 64  # PS3.5 §6.2, value representation LO
LONGEST_ACCESSION = 16  # the same, SH
MOST_IMAGES = 100_000
EARLIEST_BIRTH = date(1880, 1, 1)
_FEWEST_DIGITS, _MOST_DIGITS = 4, 20
_TELEPHONE = re.compile(r"\+?[\d\s().\-/]+")


class RequestPriority(StrEnum):
    """How soon an answer is needed."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Sex(StrEnum):
    """Of the patient (PS3.3 §C.7.1.1); empty: not known."""

    MALE = "M"
    FEMALE = "F"
    OTHER = "O"
    UNKNOWN = ""


class Pregnancy(StrEnum):
    """Whether the patient is pregnant."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContent:
    """What a request says; texts are trimmed, their lines end in LF.

    Parameters
    ----------
    expected_count
        Instances announced, 1 to 100,000; absent when the site does not know.
    patient_informed
        Whether the requester says that the patient, or whoever speaks for them, was told and
        agrees; no, for somebody who cannot be told. The question itself is always answered.
    """

    family_name: str
    given_name: str
    birth_date: date | None
    sex: Sex
    patient_id: str
    accession_number: str
    priority: RequestPriority
    question: str
    context: str
    region: str
    exam: str
    allergy: str
    renal_function: str
    pregnancy: Pregnancy
    requester: str
    call_back_number: str
    patient_informed: bool
    expected_count: int | None


MANDATORY = (
    "family_name",
    "given_name",
    "question",
    "region",
    "exam",
    "requester",
    "call_back_number",
)
_LENGTHS: Mapping[str, int] = {
    "patient_id": LONGEST_IDENTIFIER,
    "accession_number": LONGEST_ACCESSION,
    "question": LONGEST_TEXT,
    "context": LONGEST_TEXT,
    "allergy": LONGEST_TEXT,
    "renal_function": LONGEST_TEXT,
    **dict.fromkeys(
        ("family_name", "given_name", "region", "exam", "requester", "call_back_number"),
        LONGEST_LINE,
    ),
}
_SEVERAL_LINES = frozenset({"question", "context", "allergy", "renal_function"})
CHANGEABLE_AFTER_DECISION = frozenset(
    {
        "family_name",
        "given_name",
        "birth_date",
        "sex",
        "patient_id",
        "accession_number",
        "requester",
        "call_back_number",
        "expected_count",
    }
)
"""Who the patient and the requester are, and what the images are known by; never the question."""


def check_content(content: RequestContent, *, today: date) -> RequestContent:
    """Return a request as it is kept: trimmed, with every rule kept.

    Parameters
    ----------
    content
        As it was typed.
    today
        The day in the site's zone: a birth date after it is refused; one on it is a newborn's.

    Raises
    ------
    ContentRefused
        With every field that breaks its rule, not only the first.
    """
    texts: dict[str, Any] = {name: _trim(getattr(content, name)) for name in _LENGTHS}
    trimmed = replace(content, **texts)
    faults = (*_check_texts(trimmed), *_check_values(trimmed, today=today))
    if faults:
        raise ContentRefused(faults)
    return trimmed


def _trim(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _check_texts(content: RequestContent) -> Iterator[Fault]:
    for name, longest in _LENGTHS.items():
        text: str = getattr(content, name)
        if name in MANDATORY and not text:
            yield Fault(name, "this is needed")
        elif len(text) > longest:
            yield Fault(name, f"at most {longest} characters")
        elif not _is_plain(text, lines=name in _SEVERAL_LINES):
            yield Fault(name, "no control characters")


def _is_plain(text: str, *, lines: bool) -> bool:
    # Cc: controls. Cs: halves of a character, which no database keeps. Bidirectional overrides (Cf)
    # could show another name than the one that is stored.
    allowed = "\n\t" if lines else ""
    return not any(
        (unicodedata.category(each) in {"Cc", "Cs"} and each not in allowed)
        or "\u202a" <= each <= "\u202e"
        or "\u2066" <= each <= "\u2069"
        for each in text
    )


def _check_values(content: RequestContent, *, today: date) -> Iterator[Fault]:
    if content.birth_date is not None and content.birth_date > today:
        yield Fault("birth_date", "this day has not come yet")
    if content.birth_date is not None and content.birth_date < EARLIEST_BIRTH:
        yield Fault("birth_date", f"not before {EARLIEST_BIRTH.year}")
    if content.call_back_number and not is_telephone(content.call_back_number):
        yield Fault("call_back_number", "a telephone number of at least 4 digits")
    if content.expected_count is not None and not 1 <= content.expected_count <= MOST_IMAGES:
        yield Fault("expected_count", f"a whole number from 1 to {MOST_IMAGES}")


def is_telephone(text: str) -> bool:
    """Is it a number that can be dialled: as people write it, or an extension of 4 digits?

    A French number may be written `05 53 00 00 00`, `05.53...`, `+33 (0)5...`; from 4 to 20 digits.
    """
    digits = sum(each in "0123456789" for each in text)
    written = _TELEPHONE.fullmatch(text) is not None and text.isascii()
    return written and _FEWEST_DIGITS <= digits <= _MOST_DIGITS


def find_changes(before: RequestContent, after: RequestContent) -> Mapping[str, object]:
    """Name what an amendment changes, each with what it was before."""
    old = asdict(before)
    return {
        each.name: old[each.name]
        for each in fields(before)
        if old[each.name] != getattr(after, each.name)
    }


def check_change(names: frozenset[str], *, decided: bool) -> None:
    """Refuse to change, after the decision, what the decision was about.

    Raises
    ------
    DecidedContentFixed
        With the names that can no longer change.
    """
    fixed = names - CHANGEABLE_AFTER_DECISION
    if decided and fixed:
        raise DecidedContentFixed(fixed)
