"""The mail that points to a morning list: counts and a link, and nothing of any patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningTold:
    """What such a mail says.

    Attributes
    ----------
    day
        Of the morning, where the hospitals are.
    read_count, open_count
        Cases, >= 0.
    """

    list_id: int
    society: str
    day: date
    read_count: int
    open_count: int


@dataclass(frozen=True, slots=True)
class MorningWords:
    """The words of such a mail."""

    subject: str
    text: str


_DATES: Mapping[str, str] = MappingProxyType({"fr": "%d/%m/%Y", "en": "%Y-%m-%d"})
_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Téléradiologie : liste du matin du {day} pour {society}",
        "en": "Teleradiology: morning list of {day} for {society}",
    }
)
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": (
            "Bonjour,\n\n"
            "Dossiers de vos hôpitaux lus par d'autres sociétés depuis la dernière liste : {read}\n"
            "Dossiers encore en cours : {open}\n\n"
            "La liste, avec les comptes rendus : {link}\n"
        ),
        "en": (
            "Hello,\n\n"
            "Cases of your hospitals read by other societies since the last list: {read}\n"
            "Cases still open: {open}\n\n"
            "The list, with the reports: {link}\n"
        ),
    }
)


def write_morning(told: MorningTold, *, language: str, base_url: str | None) -> MorningWords:
    """Write the words of the mail.

    Parameters
    ----------
    language
        `fr` or `en`.
    base_url
        Where people reach the pages, without a slash at the end; nothing: the path alone is given.
    """
    day = told.day.strftime(_DATES[language])
    link = f"{base_url or ''}/morning/{told.list_id}"
    return MorningWords(
        subject=_SUBJECTS[language].format(day=day, society=told.society),
        text=_TEXTS[language].format(read=told.read_count, open=told.open_count, link=link),
    )
