"""The data elements of a data set as bytes: read one, write one, copy what need not be known.

Nothing is decoded, so that what is copied stays what it was, bit by bit.

References
----------
PS3.5 §7.1 (elements), §7.5 (sequences), §A.4 (encapsulated pixel data).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Literal, TypeAlias

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DELIMITERS = 0xFFFE
_CHUNK = 1 << 20
# PS3.5 §7.1.2: those whose length has four bytes, behind two that are reserved.
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())


Order: TypeAlias = Literal["little", "big"]


class MalformedDataSet(ValueError):
    """The bytes are no data set, or one whose elements are not in their order."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is encoded."""

    is_implicit: bool
    is_little_endian: bool

    @property
    def order(self) -> Order:
        """The byte order, as `int` names it."""
        return "little" if self.is_little_endian else "big"


IMPLICIT = Encoding(is_implicit=True, is_little_endian=True)
EXPLICIT = Encoding(is_implicit=False, is_little_endian=True)


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of an element.

    Attributes
    ----------
    tag
        Group and element number.
    vr
        Two letters; empty where it is implicit, and for items and delimiters.
    length
        Of the value, in bytes; `UNDEFINED` when a delimiter ends it.
    raw
        Its own bytes.
    """

    tag: int
    vr: bytes
    length: int
    raw: bytes


def read_header(source: BinaryIO, *, encoding: Encoding) -> Header | None:
    """Read the beginning of the next element; nothing at the end.

    Raises
    ------
    MalformedDataSet
        If there is less than that, or something else.
    """
    raw = source.read(8)
    if not raw:
        return None
    order = encoding.order
    group, number = _int(raw[:2], order), _int(raw[2:4], order)
    tag = group << 16 | number
    if encoding.is_implicit or group == _DELIMITERS:
        return Header(tag, b"", _int(_check(raw[4:8], 4), order), raw)
    vr = raw[4:6]
    if not (vr.isalpha() and vr.isupper()):
        msg = f"element {tag:08X} has no value representation"
        raise MalformedDataSet(msg)
    if vr not in _LONG:
        return Header(tag, vr, _int(_check(raw[6:8], 2), order), raw)
    more = _check(source.read(4), 4)
    return Header(tag, vr, _int(more, order), raw + more)


def write_element(
    target: BinaryIO, tag: int, vr: bytes, value: bytes, *, encoding: Encoding
) -> None:
    """Write an element of defined length; its value has an even number of bytes."""
    target.write(_write_tag(tag, encoding))
    order = encoding.order
    if encoding.is_implicit or tag >> 16 == _DELIMITERS:
        target.write(len(value).to_bytes(4, order))
    elif vr in _LONG:
        target.write(vr + b"\0\0" + len(value).to_bytes(4, order))
    else:
        target.write(vr + len(value).to_bytes(2, order))
    target.write(value)


def read_value(source: BinaryIO, header: Header) -> bytes:
    """Read a value of defined length."""
    return _check(source.read(header.length), header.length)


def copy_value(source: BinaryIO, target: BinaryIO, header: Header, *, encoding: Encoding) -> None:
    """Copy a value as it is, with the delimiter that ends it."""
    if header.length != UNDEFINED:
        _copy_bytes(source, target, header.length)
        return
    # PS3.5 §6.2.2: what is of unknown kind and undefined length is implicit.
    inner = IMPLICIT if header.vr == b"UN" else encoding
    tag = header.tag
    for each in iterate_items(source, encoding=inner):
        tag = each.tag
        target.write(each.raw)
        if each.tag == ITEM and each.length == UNDEFINED:
            _copy_elements(source, target, encoding=inner)
        else:
            _copy_bytes(source, target, each.length)
    if tag != SEQUENCE_END:
        msg = f"the sequence {header.tag:08X} has no end"
        raise MalformedDataSet(msg)


def iterate_items(source: BinaryIO, *, encoding: Encoding) -> Iterator[Header]:
    """Give the beginning of each item of a sequence, and its delimiter; read each before the next.

    A sequence of defined length ends with its bytes.
    """
    while (header := read_header(source, encoding=encoding)) is not None:
        if header.tag not in {ITEM, SEQUENCE_END}:
            msg = f"element {header.tag:08X} stands where an item begins"
            raise MalformedDataSet(msg)
        yield header
        if header.tag == SEQUENCE_END:
            return


def read_items(source: BinaryIO, header: Header, *, encoding: Encoding) -> bytes:
    """Read all items of a sequence, without the delimiter that ends it."""
    if header.length != UNDEFINED:
        return read_value(source, header)
    copied = BytesIO()
    copy_value(source, copied, header, encoding=encoding)
    return copied.getvalue()[:-8]


def _copy_elements(source: BinaryIO, target: BinaryIO, *, encoding: Encoding) -> None:
    """Copy the elements of an item of undefined length, with its delimiter."""
    while (header := read_header(source, encoding=encoding)) is not None:
        target.write(header.raw)
        if header.tag == ITEM_END:
            return
        copy_value(source, target, header, encoding=encoding)
    msg = "an item has no end"
    raise MalformedDataSet(msg)


def _copy_bytes(source: BinaryIO, target: BinaryIO, length: int) -> None:
    left = length
    while left:
        chunk = source.read(min(left, _CHUNK))
        if not chunk:
            msg = f"{left} bytes of a value are missing"
            raise MalformedDataSet(msg)
        target.write(chunk)
        left -= len(chunk)


def _check(raw: bytes, length: int) -> bytes:
    if len(raw) != length:
        msg = f"{length - len(raw)} bytes of an element are missing"
        raise MalformedDataSet(msg)
    return raw


def _int(raw: bytes, order: Order) -> int:
    return int.from_bytes(raw, order)


def _write_tag(tag: int, encoding: Encoding) -> bytes:
    order = encoding.order
    return (tag >> 16).to_bytes(2, order) + (tag & 0xFFFF).to_bytes(2, order)
