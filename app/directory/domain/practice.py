"""By which statute somebody works, and what they are able to read."""

import re
from collections.abc import Iterable

from app.directory.domain.errors import InvalidField

MOST_SUB_SPECIALTIES = 20
_STATUTE = re.compile(r"[^\x00-\x1f\x7f]{1,40}")
_SUB_SPECIALTY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


def check_statute(text: str, *, field: str = "statute") -> str:
    """Return the name of a statute, without blanks around it.

    Raises
    ------
    InvalidField
        If it is not one line of 1 to 40 characters.
    """
    statute = text.strip()
    if not _STATUTE.fullmatch(statute):
        raise InvalidField(field, "a statute is one line of at most 40 characters")
    return statute


def check_sub_specialties(texts: Iterable[str], *, field: str = "sub_specialties") -> list[str]:
    """Return sub-specialties without blanks around them, each once, in the order they were told.

    Empty ones are left out. Letters differ from capitals: guards ask for them letter by letter.

    Raises
    ------
    InvalidField
        If one is not one line of at most 200 characters, or they are more than 20.
    """
    found = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not all(_SUB_SPECIALTY.fullmatch(each) for each in found):
        raise InvalidField(field, "a sub-specialty is one line of at most 200 characters")
    if len(found) > MOST_SUB_SPECIALTIES:
        raise InvalidField(field, f"somebody has at most {MOST_SUB_SPECIALTIES} sub-specialties")
    return found
