"""Names, dates and telephones as people write them; what cannot be read is shown as received."""

import re
from datetime import datetime

from babel.dates import format_date

from app.web.pages.texts import Texts

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME = re.compile(r"([01]\d|2[0-3]):?([0-5]\d)")
_FRENCH_NUMBER = re.compile(r"0\d{9}")
_COMPONENTS_SHOWN = 3


def read_person_name(value: str) -> str:
    """Write a person's name (PN): family name, given name, middle name.

    References
    ----------
    PS3.5 §6.2.1: components are separated by `^`, and groups (alphabetic, ideographic, phonetic)
    by `=`; the first group that says something is shown.
    """
    group = next((each for each in value.split("=") if each.strip(" ^")), "")
    components = group.split("^")[:_COMPONENTS_SHOWN]
    return " ".join(part.strip() for part in components if part.strip())


def read_date(value: str, *, texts: Texts) -> str:
    """Write a date (DA, `YYYYMMDD`; PS3.5 §6.2), or what stands there when it is none."""
    match = _DATE.fullmatch(value.strip())
    if match is None:
        return value
    try:
        # No instant: a date of birth has no zone, only its date is used.
        day = datetime.strptime("".join(match.groups()), "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return value
    return format_date(day, "dd/MM/yyyy", locale=texts.locale)


def read_time(value: str) -> str:
    """Write a time (TM, `HHMMSS.FFFFFF`; PS3.5 §6.2) to the minute, or what stands there."""
    match = _TIME.match(value.strip())
    return value if match is None else ":".join(match.groups())


def write_telephone(value: str) -> str:
    """Write a French number in pairs; any other as it stands."""
    number = _plain_number(value)
    if _FRENCH_NUMBER.fullmatch(number):
        return " ".join(number[at : at + 2] for at in range(0, len(number), 2))
    return value


def write_telephone_uri(value: str) -> str:
    """Write a number for a `tel:` link (RFC 3966)."""
    number = _plain_number(value)
    return f"tel:+33{number[1:]}" if _FRENCH_NUMBER.fullmatch(number) else f"tel:{number}"


def _plain_number(value: str) -> str:
    digits = re.sub(r"[^\d+]", "", value)
    return f"0{digits[3:]}" if digits.startswith("+33") else digits
