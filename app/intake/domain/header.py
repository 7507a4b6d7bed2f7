"""Find a few elements near the start of a data set, without decoding it.

The gateway must not refuse an image because its text is odd, and must not spend time on pixels.
So this walks over the elements at the top level, hands out raw values of those asked for, and
stops behind the last of them. What breaks the structure ends the walk quietly: the caller sees
that an element is missing.
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_IMPLICIT = frozenset({IMPLICIT_LITTLE, "1.2.840.113619.5.2"})
DEFLATED = frozenset(
    {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
)
_INFLATED_HEAD_BYTES = 4 << 20

_LONG_VRS = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_UNDEFINED = 0xFFFFFFFF
_ENDS = frozenset({0xFFFEE00D, 0xFFFEE0DD})
"""Of an item, and of a sequence."""
_DELIMITER_GROUP = 0xFFFE
_DEEPEST = 64
Bytes: TypeAlias = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class _Coding:
    """How elements are written: the forms of their heads, and the order of their bytes."""

    forms: Mapping[bytes, int]
    read_start: Callable[[Bytes, int], tuple[int, int, bytes, int]]
    read_length: Callable[[Bytes, int], tuple[int]]


_SHORT, _LONG, _BARE = 1, 2, 3
"""The head of an element: VR and 16 bits of length, VR and 32 bits, or 32 bits without a VR."""
_LETTERS = [bytes((letter,)) for letter in range(ord("A"), ord("Z") + 1)]
# An element without a VR in an explicit data set is read as implicit, as other toolkits do.
_EXPLICIT_FORMS = {
    first + second: _LONG if first + second in _LONG_VRS else _SHORT
    for first in _LETTERS
    for second in _LETTERS
}


# Every head without a VR is as long as one with a VR and 16 bits of length.
_IMPLICIT_FORMS = {b"": _SHORT}


def _code(start: str, length: str, forms: Mapping[bytes, int]) -> _Coding:
    return _Coding(forms, struct.Struct(start).unpack_from, struct.Struct(length).unpack_from)


_EXPLICIT_LITTLE = _code("<HH2sH", "<I", _EXPLICIT_FORMS)
_IMPLICIT_LITTLE = _code("<HH0sI", "<I", _IMPLICIT_FORMS)
_EXPLICIT_BIG = _code(">HH2sH", ">I", _EXPLICIT_FORMS)


def scan_elements(
    data: Bytes,
    *,
    transfer_syntax_uid: str,
    wanted: frozenset[int],
    most_inflated: int = _INFLATED_HEAD_BYTES,
) -> dict[int, bytes]:
    """Return the raw values of the wanted elements that stand at the top level.

    Parameters
    ----------
    data
        The encoded data set, or its beginning.
    transfer_syntax_uid
        How it is encoded; an unknown one counts as Explicit VR Little Endian, as every
        transfer syntax since 2000 has been.
    wanted
        Tags as integers, such as 0x00080018; at least one.
    most_inflated
        How many bytes of a deflated data set are looked at, once inflated; > 0.

    Returns
    -------
    dict
        Raw value by tag, padding included. A tag that is absent, or that lies behind the point
        where the structure breaks, is missing.

    References
    ----------
    PS3.5 §7.1 (elements), §7.5 (sequences), §10 and annex A (transfer syntaxes).
    """
    if transfer_syntax_uid in DEFLATED:
        data = inflate(data, most=most_inflated)
    return _scan(data, _coding_of(transfer_syntax_uid), wanted)


def _coding_of(transfer_syntax_uid: str) -> _Coding:
    if transfer_syntax_uid in _IMPLICIT:
        return _IMPLICIT_LITTLE
    return _EXPLICIT_BIG if transfer_syntax_uid == EXPLICIT_BIG else _EXPLICIT_LITTLE


def inflate(data: Bytes, *, most: int) -> bytes:
    """Inflate the beginning of a deflated data set; empty when it is broken (PS3.5 §A.5).

    Parameters
    ----------
    data
        The data set, or its beginning.
    most
        Bytes that are inflated at most, > 0.
    """
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, most)
    except zlib.error:
        return b""


def _scan(data: Bytes, coding: _Coding, wanted: frozenset[int]) -> dict[int, bytes]:
    """Walk over the top level: the hot path of the gateway, hence no call for most elements."""
    found: dict[int, bytes] = {}
    last, size = max(wanted), len(data)
    find_form, read_start = coding.forms.get, coding.read_start
    at = 0
    while at + 8 <= size:
        group, element, vr, length = read_start(data, at)
        tag = group << 16 | element
        if find_form(vr) == _SHORT and group != _DELIMITER_GROUP:
            at += 8
        else:
            head = _read_head(data, at, coding)
            if head is None:
                break
            _, vr, length, at = head
        if tag in _ENDS:  # of nothing that is open
            continue
        if tag > last:
            break
        if length == _UNDEFINED:
            at = _skip_open(data, at, coding=coding, vr=vr)
            continue
        if tag in wanted and at + length <= size:
            found.setdefault(tag, bytes(data[at : at + length]))
        at += length
    return found


def _skip_open(data: Bytes, at: int, *, coding: _Coding, vr: bytes) -> int:
    """Return where the element of undefined length ends whose value begins here."""
    # One entry for each sequence or item of undefined length that is open: the coding outside it.
    outer: list[_Coding] = []
    length = _UNDEFINED
    while True:
        if length == _UNDEFINED:
            outer.append(coding)
            if vr == b"UN":  # PS3.5 §6.2.2 note 2: what is inside is Implicit VR Little Endian
                coding = _IMPLICIT_LITTLE
        else:
            at += length
        head = _read_head(data, at, coding)
        if head is None or len(outer) > _DEEPEST:
            return len(data)
        tag, vr, length, at = head
        if tag in _ENDS:
            coding, length = outer.pop(), 0
            if not outer:
                return at


def _read_head(data: Bytes, at: int, coding: _Coding) -> tuple[int, bytes, int, int] | None:
    """Read tag, VR, length, and where the value begins; nothing where it is cut off."""
    if at + 8 > len(data):
        return None
    group, element, vr, length = coding.read_start(data, at)
    tag = group << 16 | element
    # Delimiters have no VR.
    form = _BARE if group == _DELIMITER_GROUP else coding.forms.get(vr, _BARE)
    if form == _SHORT:
        return tag, vr, length, at + 8
    if form == _BARE:
        return tag, b"", coding.read_length(data, at + 4)[0], at + 8
    if at + 12 > len(data):
        return None
    return tag, vr, coding.read_length(data, at + 8)[0], at + 12
