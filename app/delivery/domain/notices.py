"""The mails that tell a hospital how a case of its own stands; they name no patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType


class Notice(StrEnum):
    """What a hospital is told by mail."""

    FALLBACK = "fallback"
    """No radiologist has taken a case in time: the hospital uses its fallback."""
    TAKEN = "taken"
    """A radiologist has taken it after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTold:
    """What such a mail says of a case."""

    case_id: int
    priority: str
    first_image_at: datetime
    """Aware."""
    at: datetime
    """When it became so; aware."""


_SUBJECTS: Mapping[tuple[Notice, str], str] = MappingProxyType(
    {
        (Notice.FALLBACK, "fr"): "URGENT - téléradiologie : dossier {case} ({priority}) non pris",
        (Notice.FALLBACK, "en"): "URGENT - teleradiology: case {case} ({priority}) not taken",
        (Notice.TAKEN, "fr"): "Téléradiologie : dossier {case} ({priority}) pris en charge",
        (Notice.TAKEN, "en"): "Teleradiology: case {case} ({priority}) taken",
    }
)
_TEXTS: Mapping[tuple[Notice, str], str] = MappingProxyType(
    {
        (Notice.FALLBACK, "fr"): (
            "Bonjour,\n\n"
            "Aucun radiologue n’a pris à temps le dossier {case} ({priority}), reçu à {received}.\n"
            "Appliquez votre procédure dégradée. Le coordinateur vous appelle.\n\n"
            "Message de {at}. Un autre vous dira si le dossier est pris en charge.\n"
        ),
        (Notice.FALLBACK, "en"): (
            "Hello,\n\n"
            "No radiologist has taken case {case} ({priority}) in time, received at {received}.\n"
            "Use your fallback procedure. The coordinator is calling you.\n\n"
            "Written at {at}. Another mail will tell you if the case is taken.\n"
        ),
        (Notice.TAKEN, "fr"): (
            "Bonjour,\n\n"
            "Un radiologue a pris le dossier {case} ({priority}), reçu à {received}.\n\n"
            "Message de {at}. Il annule la demande de procédure dégradée.\n"
        ),
        (Notice.TAKEN, "en"): (
            "Hello,\n\n"
            "A radiologist has taken case {case} ({priority}), received at {received}.\n\n"
            "Written at {at}. It cancels the request to use your fallback procedure.\n"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """The words of such a mail."""

    subject: str
    text: str


def write_notice(notice: Notice, told: CaseTold, *, language: str, zone: tzinfo) -> NoticeWords:
    """Write the words of a mail about a case.

    Parameters
    ----------
    language
        `fr` or `en`.
    zone
        In which the mail gives its hours.
    """
    values = {
        "case": told.case_id,
        "priority": told.priority,
        "received": f"{told.first_image_at.astimezone(zone):%H:%M}",
        "at": f"{told.at.astimezone(zone):%H:%M}",
    }
    return NoticeWords(
        subject=_SUBJECTS[notice, language].format(**values),
        text=_TEXTS[notice, language].format(**values),
    )
