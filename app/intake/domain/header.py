"""Find a few elements near the start of a data set, without decoding it.

The gateway must not refuse an image because its text is odd, and must not spend time on pixels.
So this walks over the elements at the top level, hands out raw values of those asked for, and
stops behind the last of them. What breaks the structure ends the walk quietly: the caller sees
that an element is missing.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_IMPLICIT = frozenset({IMPLICIT_LITTLE, "1.2.840.113619.5.2"})
_DEFLATED = frozenset(
    {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
)
_INFLATED_HEAD_BYTES = 4 << 20

_LONG_VRS = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DELIMITER_GROUP = 0xFFFE
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class _Coding:
    explicit: bool
    byte_order: str


@dataclass(frozen=True, slots=True)
class _Head:
    tag: int
    vr: bytes
    length: int
    value_at: int


_EXPLICIT_LITTLE = _Coding(explicit=True, byte_order="<")
_IMPLICIT_LITTLE = _Coding(explicit=False, byte_order="<")
_EXPLICIT_BIG = _Coding(explicit=True, byte_order=">")


def scan_elements(
    data: bytes | memoryview, *, transfer_syntax_uid: str, wanted: frozenset[int]
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

    Returns
    -------
    dict
        Raw value by tag, padding included. A tag that is absent, or that lies behind the point
        where the structure breaks, is missing.

    References
    ----------
    PS3.5 §7.1 (elements), §7.5 (sequences), §10 and annex A (transfer syntaxes).
    """
    head = _inflate(data) if transfer_syntax_uid in _DEFLATED else data
    found: dict[int, bytes] = {}
    last = max(wanted)
    for element in _walk_top_level(memoryview(head), _coding_of(transfer_syntax_uid)):
        if element.tag > last:
            break
        end = element.value_at + element.length
        if element.tag in wanted and element.length != _UNDEFINED and end <= len(head):
            found.setdefault(element.tag, bytes(head[element.value_at : end]))
    return found


def _coding_of(transfer_syntax_uid: str) -> _Coding:
    if transfer_syntax_uid in _IMPLICIT:
        return _IMPLICIT_LITTLE
    return _EXPLICIT_BIG if transfer_syntax_uid == EXPLICIT_BIG else _EXPLICIT_LITTLE


def _inflate(data: bytes | memoryview) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(bytes(data), _INFLATED_HEAD_BYTES)
    except zlib.error:
        return b""


def _walk_top_level(data: memoryview, coding: _Coding) -> Iterator[_Head]:
    # One entry for each sequence or item of undefined length that is open: the coding outside it.
    outer: list[_Coding] = []
    at = 0
    while (head := _read_head(data, at, coding)) is not None and len(outer) <= _DEEPEST:
        at = head.value_at
        if head.tag in {_ITEM_END, _SEQUENCE_END}:
            coding = outer.pop() if outer else coding
            continue
        if not outer:
            yield head
        if head.length != _UNDEFINED:
            at += head.length
            continue
        outer.append(coding)
        if head.vr == b"UN":  # PS3.5 §6.2.2 note 2: what is inside is Implicit VR Little Endian
            coding = _IMPLICIT_LITTLE


def _read_head(data: memoryview, at: int, coding: _Coding) -> _Head | None:
    if at + 8 > len(data):
        return None
    order = coding.byte_order
    group, element = struct.unpack_from(f"{order}HH", data, at)
    tag = group << 16 | element
    vr = bytes(data[at + 4 : at + 6])
    if group == _DELIMITER_GROUP or not coding.explicit or not (vr.isalpha() and vr.isupper()):
        # Delimiters have no VR; an element without one in an explicit data set is read as
        # implicit, as other toolkits do.
        return _Head(tag, b"", struct.unpack_from(f"{order}I", data, at + 4)[0], at + 8)
    if vr not in _LONG_VRS:
        return _Head(tag, vr, struct.unpack_from(f"{order}H", data, at + 6)[0], at + 8)
    if at + 12 > len(data):
        return None
    return _Head(tag, vr, struct.unpack_from(f"{order}I", data, at + 8)[0], at + 12)
