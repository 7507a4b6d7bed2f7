"""What may be agreed with a sender: UIDs of classes and syntaxes, names on its certificates."""

import re
from collections.abc import Iterable

from app.directory.domain.errors import InvalidField

_UID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+", re.ASCII)
_LONGEST_UID = 64
_LONGEST_NAME = 253
_FIRST_PRINTABLE = 0x20


def check_uids(texts: Iterable[str], *, field: str) -> tuple[str, ...]:
    """Return UIDs, each once, in the order given.

    Raises
    ------
    InvalidField
        If one is not a UID: numbers without a leading zero, divided by dots, 64 characters at most.

    References
    ----------
    PS3.5 §9.1.
    """
    uids: dict[str, None] = {}
    for position, text in enumerate(texts):
        uid = text.strip()
        if len(uid) > _LONGEST_UID or not _UID.fullmatch(uid):
            message = "this is not a UID such as 1.2.840.10008.5.1.4.1.1.2"
            raise InvalidField(f"{field}.{position}", message)
        uids[uid] = None
    return tuple(uids)


def check_certificate_names(
    texts: Iterable[str], *, field: str = "certificate_names"
) -> tuple[str, ...]:
    """Return names of client certificates, each once, in the order given.

    Raises
    ------
    InvalidField
        If one is empty, longer than a DNS name can be, or holds a control character.
    """
    names: dict[str, None] = {}
    for position, text in enumerate(texts):
        name = text.strip()
        if not 0 < len(name) <= _LONGEST_NAME or any(ord(each) < _FIRST_PRINTABLE for each in name):
            message = "this is not a common name or a DNS name of a certificate"
            raise InvalidField(f"{field}.{position}", message)
        names[name] = None
    return tuple(names)
