"""The form of UIDs that peers send."""

import re

from app.kit.errors import Invalid

_UID = re.compile(r"[0-9.]{1,64}")


class MalformedUid(Invalid):
    """A UID is missing, too long, or holds something else than digits and dots."""


def check_uid(value: str, *, name: str) -> str:
    """Return a UID that has the characters and the length of one.

    Leading zeros of a component, though forbidden, are let through: devices send them, and a UID is
    never used as anything but a text to compare.

    Raises
    ------
    MalformedUid
        Naming the attribute; the value stays out of the message.

    References
    ----------
    PS3.5 §9.1.
    """
    if not _UID.fullmatch(value):
        shown = f"{len(value)} characters" if value else "nothing"
        raise MalformedUid(f"{name} is not a UID: {shown} where 1 to 64 digits and dots belong")
    return value
