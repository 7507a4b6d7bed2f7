"""Identifiers as the bytes of a DICOM file: their VR, their padding, what takes their place."""

from pydicom.datadict import dictionary_VR

from app.adapters.dicom.elements import Header
from app.delivery.domain.ports import Rewriting
from app.directory.domain.uids import derive_uid


def find_vr(element: Header) -> bytes:
    """Find the VR of an element; of one without, the dictionary's, or nothing."""
    if element.vr:
        return element.vr
    try:
        return dictionary_VR(element.tag).encode()
    except KeyError:
        return b""


def put_before(value: bytes, *, text: str, prefixed: str) -> bytes:
    """Put what stands before a text before its bytes: they stay in their own character set."""
    if text and prefixed.endswith(text):
        return pad(prefixed.removesuffix(text).encode("ascii") + value.strip(b" \0"))
    return pad(prefixed.encode("ascii"))


def pad(value: bytes) -> bytes:
    """Pad a text to an even length (PS3.5 §6.2)."""
    return value + b" " * (len(value) % 2)


def read_uid(value: bytes) -> str:
    """Read a UID without its padding."""
    return value.decode("latin_1").strip(" \0")


def replace_uid(value: bytes, rewriting: Rewriting, *, always: bool = True) -> bytes:
    """Replace the UIDs of a value that are the study's own."""
    uids = [read_uid(each) for each in value.split(b"\\")]
    own = {each for each in uids if each and (always or each in rewriting.own_uids)}
    if not own:
        return value
    replaced = "\\".join(
        derive_uid(rewriting.domain_id, each) if each in own else each for each in uids
    )
    raw = replaced.encode("ascii")
    return raw + b"\0" * (len(raw) % 2)
