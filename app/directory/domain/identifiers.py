"""The numbers by which France names a doctor and a hospital, and the name of a DICOM node."""

import re

from app.directory.domain.errors import InvalidField

_RPPS = re.compile(r"[0-9]{11}", re.ASCII)
_FINESS = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}", re.ASCII)
_CORSICA = str.maketrans("AB", "12")
_AE_TITLE_LONGEST = 16
_HIGHEST_LUHN_DIGIT = 9
_FIRST_PRINTABLE, _LAST_PRINTABLE = 0x20, 0x7E


def has_luhn_check_digit(digits: str) -> bool:
    """Is the last digit the Luhn check digit of those before it?

    Parameters
    ----------
    digits
        ASCII digits only, at least one.

    References
    ----------
    ISO/IEC 7812-1, annex B.
    """
    total = 0
    for position, character in enumerate(reversed(digits)):
        digit = int(character) * (1 + position % 2)
        total += digit - _HIGHEST_LUHN_DIGIT if digit > _HIGHEST_LUHN_DIGIT else digit
    return total % 10 == 0


def check_rpps(text: str, *, field: str = "rpps") -> str:
    """Return the RPPS number of a health professional, without blanks.

    Raises
    ------
    InvalidField
        If it is not eleven digits of which the last is the Luhn check digit.
    """
    number = "".join(text.split())
    if not _RPPS.fullmatch(number):
        raise InvalidField(field, "an RPPS number has eleven digits")
    if not has_luhn_check_digit(number):
        raise InvalidField(field, "the last digit of an RPPS number is a check digit; it is wrong")
    return number


def check_finess(text: str, *, field: str = "finess") -> str:
    """Return the FINESS number of an establishment, without blanks, letter in upper case.

    In Corsica the second character is a letter; it counts as 1 (A) or 2 (B) in the check digit.
    No text of the register says so: it is what its published Corsican numbers agree with.

    Raises
    ------
    InvalidField
        If it is not nine characters of which the last is the Luhn check digit.
    """
    number = "".join(text.split()).upper()
    if not _FINESS.fullmatch(number):
        raise InvalidField(field, "a FINESS number has nine digits (2A or 2B first in Corsica)")
    if not has_luhn_check_digit(number.translate(_CORSICA)):
        raise InvalidField(field, "the last digit of a FINESS number is a check digit; it is wrong")
    return number


def check_ae_title(text: str, *, field: str = "ae_title") -> str:
    """Return the title of a DICOM application entity, without the blanks around it.

    Raises
    ------
    InvalidField
        If it is empty, longer than 16 characters, or holds a backslash or a control character.

    References
    ----------
    PS3.5 §6.2, value representation AE: blanks at both ends are not significant.
    """
    title = text.strip(" ")
    if not title:
        raise InvalidField(field, "an AE title has at least one character that is not a blank")
    if len(title) > _AE_TITLE_LONGEST:
        raise InvalidField(field, "an AE title has at most 16 characters")
    if "\\" in title or not all(_FIRST_PRINTABLE <= ord(each) <= _LAST_PRINTABLE for each in title):
        raise InvalidField(field, "an AE title has no backslash, control or accented character")
    return title
