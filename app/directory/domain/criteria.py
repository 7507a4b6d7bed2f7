"""What a rule may look for in the header of a study, so that it can match some and never all."""

import re
import unicodedata
from collections.abc import Mapping

from app.directory.domain.errors import InvalidField
from app.kit.errors import Invalid

_CRITERIA = ("sender_id", "modality", "station_name", "words")
_MODALITY = re.compile(r"[A-Z]{1,16}", re.ASCII)
_STATION_NAME_LONGEST = 16
_WORDS_LONGEST = 200


class RuleWithoutCriterion(Invalid):
    """The rule would match every study."""


def check_criteria(values: Mapping[str, object]) -> None:
    """Refuse a rule that looks for nothing.

    Parameters
    ----------
    values
        The rule by its columns; what is absent or nothing is not looked for.

    Raises
    ------
    RuleWithoutCriterion
        If neither a sender, nor a modality, nor a station, nor words are named.
    """
    if all(values.get(name) is None for name in _CRITERIA):
        message = "a rule names a sender, a modality, a station or words; this one names none"
        raise RuleWithoutCriterion(message)


def check_modality(text: str, *, field: str = "modality") -> str:
    """Return a modality as scanners write it.

    Raises
    ------
    InvalidField
        If it is not 1 to 16 capital letters: it is compared as it stands.

    References
    ----------
    PS3.5 §6.2, value representation CS; PS3.3 §C.7.3.1.1.1, the defined terms.
    """
    if not _MODALITY.fullmatch(text):
        raise InvalidField(field, "a modality has 1 to 16 capital letters, such as CT")
    return text


def check_station_name(text: str, *, field: str = "station_name") -> str:
    """Return the name of a station, without the blanks around it.

    Raises
    ------
    InvalidField
        If it is empty or longer than 16 characters, or holds a backslash: no study has such a one.

    References
    ----------
    PS3.5 §6.2, value representation SH: blanks at both ends are not significant.
    """
    name = text.strip(" ")
    if not 0 < len(name) <= _STATION_NAME_LONGEST:
        raise InvalidField(field, "a station name has 1 to 16 characters")
    if "\\" in name:
        raise InvalidField(field, "a station name has no backslash")
    return name


def check_words(text: str, *, field: str = "words") -> str:
    """Return words, separated by single spaces.

    Raises
    ------
    InvalidField
        If there are more than 200 characters, or no letter and no digit: signs are not compared,
        so that a rule of signs alone would match every study.
    """
    words = " ".join(text.split())
    if len(words) > _WORDS_LONGEST:
        raise InvalidField(field, "words have at most 200 characters")
    plain = unicodedata.normalize("NFKD", words)
    if not any(each.isalnum() and not unicodedata.combining(each) for each in plain):
        raise InvalidField(field, "words have at least one letter or digit")
    return words
