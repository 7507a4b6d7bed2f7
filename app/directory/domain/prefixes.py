"""Make identifiers of many sites unique on the way to a centre's node, and put them back.

A society's PACS knows patients and orders by their identifiers alone, and two hospitals use the
same ones. What leaves for a centre carries the prefix of its site; what returns loses it again.

    S12-0045678        the prefix, "-", the value as it was
    S12.MZXW6YTBOI2Q   the prefix, ".", letters of the value's SHA-256: the whole would be too long

A Patient ID that names nobody - none at all, INCONNU - is as bad behind a prefix: the PACS would
make one patient of all the unknown ones of a site. Then the letters are of study and value, so that
each study has a patient of its own there.

A shortened value is put back by comparing it with the values that the study is known to have: the
object that returns names its study by Study Instance UID. So the rule is reversible although 16
characters cannot hold 16 characters and a prefix.

References
----------
PS3.5 §6.2: LO has at most 64 characters (Patient ID, Issuer of Patient ID), SH 16 (Accession
Number); blanks at both ends are not significant, and a backslash separates values.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.directory.domain.errors import InvalidField

LONGEST_LO = 64
LONGEST_SH = 16
_WHOLE, _SHORTENED = "-", "."
_PREFIX = re.compile(r"[A-Z0-9]{1,8}", re.ASCII)
_PREFIXED = re.compile(r"(?P<prefix>[A-Z0-9]{1,8})(?P<sign>[-.])(?P<rest>.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class TakenOff:
    """An identifier as its site gave it."""

    prefix: str
    value: str


def check_prefix(text: str, *, field: str = "prefix") -> str:
    """Return the prefix of a site.

    Raises
    ------
    InvalidField
        If it has not 1 to 8 capital letters and digits: a signature behind it must fit into SH.
    """
    if not _PREFIX.fullmatch(text):
        raise InvalidField(field, "a prefix has 1 to 8 capital letters and digits")
    return text


def prefix_identifier(prefix: str, value: str, *, longest: int = LONGEST_LO) -> str:
    """Put the prefix of a site before an identifier.

    Parameters
    ----------
    prefix
        1 to 8 capital letters and digits.
    value
        As the site gave it, without the blanks around it; an empty one is prefixed too, for a PACS
        makes one patient of all that have none.
    longest
        How many characters the attribute may have: `LONGEST_LO` or `LONGEST_SH`.

    Returns
    -------
    str
        At most `longest` characters; two values of one site give two texts, but for shortened ones
        by an accident of one in 2^35 (a prefix of 8) to 2^60 (a prefix of 3) in SH.
    """
    whole = f"{prefix}{_WHOLE}{value}"
    return whole if len(whole) <= longest else _shorten(prefix, value, longest=longest)


def prefix_nameless(prefix: str, value: str, *, study_instance_uid: str) -> str:
    """Put the prefix of a site before a Patient ID that names nobody: one patient for each study.

    Parameters
    ----------
    value
        As the site gave it, without the blanks around it; empty, or a dummy.
    study_instance_uid
        As the site gave it.

    Returns
    -------
    str
        At most 64 characters; two studies of a site give two texts, but for an accident.
    """
    return _shorten(prefix, _name_in_study(value, study_instance_uid), longest=LONGEST_LO)


def _name_in_study(value: str, study_instance_uid: str) -> str:
    # No value holds a backslash (PS3.5 §6.2): none is hashed as another's name in a study.
    return f"{study_instance_uid}\\{value}"


def prefix_accession(prefix: str, value: str) -> str:
    """Put the prefix of a site before an Accession Number; an empty one stays empty: no order."""
    return prefix_identifier(prefix, value, longest=LONGEST_SH) if value else ""


def find_prefix(prefixes: Collection[str], value: str) -> str | None:
    """Find which of the prefixes stands before an identifier; none when it is none of ours."""
    found = _PREFIXED.fullmatch(value)
    return found["prefix"] if found is not None and found["prefix"] in prefixes else None


def take_off(
    prefixes: Collection[str],
    value: str,
    *,
    known: Iterable[str] = (),
    study_instance_uid: str | None = None,
) -> TakenOff | None:
    """Take the prefix of a site off an identifier that returns.

    Parameters
    ----------
    prefixes
        Of all sites; a mapping by prefix will do.
    value
        As it returned, without the blanks around it.
    known
        Values the study is known to have, for one that was shortened.
    study_instance_uid
        As the site gave it, for a Patient ID that may name nobody.

    Returns
    -------
    TakenOff or None
        None if it bears none of the prefixes, or is the short form of none of the known values.
    """
    found = _PREFIXED.fullmatch(value)
    if found is None or found["prefix"] not in prefixes:
        return None
    if found["sign"] == _WHOLE:
        return TakenOff(found["prefix"], found["rest"])
    for each in known:
        texts = {each}
        if study_instance_uid is not None:
            texts.add(_name_in_study(each, study_instance_uid))
        if value in {_shorten(found["prefix"], text, longest=len(value)) for text in texts}:
            return TakenOff(found["prefix"], each)
    return None


def _shorten(prefix: str, value: str, *, longest: int) -> str:
    digest = base64.b32encode(hashlib.sha256(value.encode()).digest()).decode("ascii")
    return f"{prefix}{_SHORTENED}{digest}".rstrip("=")[:longest]
