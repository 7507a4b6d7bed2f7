"""The words of the mails that tell of a case, an alarm or a call; nothing is about a patient."""

from collections.abc import Mapping
from types import MappingProxyType

from app.dispatch.domain.notification import Purpose

_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Astreinte : le dossier {case} ({priority}) vous est proposé",
        "en": "Astreinte: case {case} ({priority}) is offered to you",
    }
)
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": (
            "Bonjour,\n\n"
            "Le dossier {case}, de priorité {priority}, du site {site}, vous est proposé.\n"
            "Ouvrez-le dans la plateforme : {path}\n"
        ),
        "en": (
            "Hello,\n\n"
            "Case {case}, of priority {priority}, from site {site}, is offered to you.\n"
            "Open it in the platform: {path}\n"
        ),
    }
)
_ALARM_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Astreinte : ALARME, les lecteurs ne sont plus entendus",
        "en": "Astreinte: ALARM, the readers are no longer heard",
    }
)
_ALARM_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": (
            "Bonjour,\n\n"
            "Plus de la moitié des lecteurs de garde ne sont plus entendus depuis la même\n"
            "minute : la plateforme est sans doute en faute. Rien ne leur est retiré tant que\n"
            "cela dure. "
            "Appelez-les, et vérifiez la plateforme : {path}\n"
        ),
        "en": (
            "Hello,\n\n"
            "More than half of the readers on guard fell silent within one minute: the platform\n"
            "is probably at fault. Nothing is taken from them while this lasts.\n"
            "Call them, and check the platform: {path}\n"
        ),
    }
)
_CALL_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Astreinte : la ligne de renfort est appelée, venez lire",
        "en": "Astreinte: the backup line is called, come and read",
    }
)
_CALL_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fr": (
            "Bonjour,\n\n"
            "Il arrive plus de dossiers que ceux qui sont de garde n'en peuvent lire : la ligne\n"
            "de renfort est appelée, et vous en êtes. Des dossiers vous sont proposés dès que\n"
            "vous ouvrez la plateforme.\n"
        ),
        "en": (
            "Hello,\n\n"
            "More comes than those on guard can read: the backup line is called, and you are on\n"
            "it. Cases are offered to you as soon as you open the platform.\n"
        ),
    }
)
_PLACES: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.TELEPHONE_TEST: "/handover",
        Purpose.MASS_SILENCE: "/on-call",
        Purpose.BACKUP_CALL: "/",
    }
)


def find_path(case_id: int) -> str:
    """Give the page of a case; the address of the platform is no part of it."""
    return f"/cases/{case_id}"


def find_place(purpose: Purpose, *, case_id: int | None) -> str:
    """Give the page that shows what somebody is told of."""
    if case_id is not None:
        return find_path(case_id)
    return _PLACES[purpose]


def write_alarm(language: str) -> tuple[str, str]:
    """Write the subject and the text of the alarm of mass silence.

    Parameters
    ----------
    language
        `fr` or `en`.
    """
    return _ALARM_SUBJECTS[language], _ALARM_TEXTS[language].format(
        path=_PLACES[Purpose.MASS_SILENCE]
    )


def write_call(language: str) -> tuple[str, str]:
    """Write the subject and the text of the mail to whoever is called on the backup line.

    Parameters
    ----------
    language
        `fr` or `en`.
    """
    return _CALL_SUBJECTS[language], _CALL_TEXTS[language]


def write_offer(*, case_id: int, priority: str, site: str, language: str) -> tuple[str, str]:
    """Write the subject and the text.

    Parameters
    ----------
    site
        Its code.
    language
        `fr` or `en`.
    """
    words = {"case": case_id, "priority": priority, "site": site, "path": find_path(case_id)}
    return _SUBJECTS[language].format(**words), _TEXTS[language].format(**words)
