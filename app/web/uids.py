"""Names of UIDs in the dictionary of the standard (PS3.6 annex A)."""

from pydicom.uid import UID

_UNCHECKED = 0
"""Peers send what they like: a UID that breaks the form has no name, and is no fault of ours."""


def name_uid(uid: str) -> str:
    """Name a UID; a private or unknown one is its own name."""
    return str(UID(uid, validation_mode=_UNCHECKED).name)
