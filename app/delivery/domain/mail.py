"""Mails: what one is, and the words of the one that carries the on-call sheet.

No mail says anything about a patient: a mailbox is no place for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from types import MappingProxyType

from app.kit.errors import Invalid

_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3
_LONGEST_LOCAL_PART = 64
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
    re.ASCII,
)


def check_address(text: str) -> str:
    """Return an address that a mail can go to, with what stands around it taken off.

    Raises
    ------
    Invalid
        If it is not `name@domain` in ASCII: quoted names, comments and lists are refused, so that
        one address is one receiver.

    References
    ----------
    RFC 5322 §3.2.3 (dot-atom), RFC 5321 §4.5.3.1.
    """
    address = text.strip(" ")
    local_part, _, _ = address.partition("@")
    fits = len(address) <= _LONGEST_ADDRESS and len(local_part) <= _LONGEST_LOCAL_PART
    if not fits or not _ADDRESS.fullmatch(address):
        raise Invalid("a mail goes to one address such as name@hospital.example")
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one address.

    Attributes
    ----------
    message_id
        The same for each try, so that the receiver can tell a repeat; formed as an address.
    sent_at
        Aware instant of this try.
    subject, text
        For a person.
    file_name, content
        Of the PDF that it carries; a mail of words alone has neither.

    Raises
    ------
    Invalid
        If the address is none, or a line break stands in what becomes a header.
    """

    to: str
    message_id: str
    sent_at: datetime
    subject: str
    text: str
    file_name: str = ""
    content: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what could become a header of its own."""
        for plain in (self.to, self.message_id):
            if check_address(plain) != plain:
                raise Invalid("an address and a message id have no blanks around them")
        for line in (self.subject, self.file_name):
            if not line.isprintable():
                raise Invalid("a header of a mail is one line of printable characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPeriod:
    """When a sheet was made, and for which instants it says who is on guard; all aware."""

    made_at: datetime
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a mail."""

    subject: str
    text: str
    file_name: str


_DATES: Mapping[str, str] = MappingProxyType({"fr": "%d/%m/%Y %H:%M", "en": "%Y-%m-%d %H:%M"})
_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Téléradiologie : liste de garde du {start} au {end}",
        "en": "Teleradiology: on-call sheet from {start} to {end}",
    }
)
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": (
            "Bonjour,\n\n"
            "Vous trouverez ci-joint la liste de garde de téléradiologie, avec les téléphones,\n"
            "du {start} au {end}.\n\n"
            "Gardez-la à portée de main : elle sert quand la plateforme ne répond pas.\n"
            "Elle a été établie le {made} et remplace les précédentes.\n"
        ),
        "en": (
            "Hello,\n\n"
            "Attached is the teleradiology on-call sheet, with telephones,\n"
            "from {start} to {end}.\n\n"
            "Keep it at hand: it serves when the platform does not answer.\n"
            "It was made on {made} and replaces the earlier ones.\n"
        ),
    }
)
_FILE_NAMES: Mapping[str, str] = MappingProxyType(
    {"fr": "liste-de-garde-{day}.pdf", "en": "on-call-sheet-{day}.pdf"}
)


def write_words(period: SheetPeriod, *, language: str, zone: tzinfo) -> Words:
    """Write the words of the mail that carries a sheet.

    Parameters
    ----------
    language
        `fr` or `en`.
    zone
        In which the mail gives its hours.
    """

    def write(instant: datetime) -> str:
        return instant.astimezone(zone).strftime(_DATES[language])

    start, end, made = write(period.starts_at), write(period.ends_at), write(period.made_at)
    day = period.starts_at.astimezone(zone).strftime("%Y-%m-%d")
    return Words(
        subject=_SUBJECTS[language].format(start=start, end=end),
        text=_TEXTS[language].format(start=start, end=end, made=made),
        file_name=_FILE_NAMES[language].format(day=day),
    )
