"""Walk over the small data set of a command, sequences included, within bounds.

Modalities may send anything: the walk is a loop, never a recursion, and ends with an error as soon
as lengths do not fit into each other.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.intake.domain.header import EXPLICIT_BIG, IMPLICIT_LITTLE
from app.kit.errors import Invalid

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DELIMITERS = frozenset({_ITEM, _ITEM_END, _SEQUENCE_END})
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_DEEPEST = 32
_MOST_ELEMENTS = 200_000


class MalformedDataSet(Invalid):
    """The data set of a command is not one: its lengths do not fit into each other."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element that was asked for.

    Parameters
    ----------
    path
        Tags of the sequences it stands in, outermost first.
    value
        Raw, padding included.
    """

    path: tuple[int, ...]
    tag: int
    value: bytes


@dataclass(frozen=True, slots=True)
class _Frame:
    """An open data set, sequence or item; `end` is missing when a delimiter ends it."""

    path: tuple[int, ...]
    is_sequence: bool
    end: int | None
    limit: int
    explicit: bool


@dataclass(frozen=True, slots=True)
class _Head:
    tag: int
    vr: bytes
    length: int
    value_at: int


def walk(
    data: bytes | memoryview,
    *,
    transfer_syntax_uid: str,
    wanted: frozenset[int],
    sequences: frozenset[int],
) -> Iterator[Element]:
    """Yield the wanted elements, in the order of the data set.

    Parameters
    ----------
    data
        The whole data set, not deflated.
    sequences
        The sequences that are looked into when their length is known; an implicit data set does
        not tell them from other elements.

    Raises
    ------
    MalformedDataSet
        If it breaks off, is nested too deeply, or has too many elements.

    References
    ----------
    PS3.5 §7.1 (elements), §7.5 (sequences and items).
    """
    view = memoryview(data)
    order = ">" if transfer_syntax_uid == EXPLICIT_BIG else "<"
    explicit = transfer_syntax_uid != IMPLICIT_LITTLE
    whole = _Frame((), is_sequence=False, end=len(view), limit=len(view), explicit=explicit)
    for path, head, end in _list_values(view, whole, order=order, sequences=sequences):
        if head.tag in wanted:
            yield Element(path, head.tag, bytes(view[head.value_at : end]))


def _list_values(
    view: memoryview, whole: _Frame, *, order: str, sequences: frozenset[int]
) -> Iterator[tuple[tuple[int, ...], _Head, int]]:
    # Each element that holds a value: the path to it, its head, and where it ends.
    frames = [whole]
    at, count = 0, 0
    while frames:
        frame = frames[-1]
        if at == frame.end:
            frames.pop()
            continue
        count += 1
        if count > _MOST_ELEMENTS or len(frames) > _DEEPEST:
            raise MalformedDataSet("the data set is nested too deeply, or has too many elements")
        head = _read_head(view, at, order=order, frame=frame)
        at = head.value_at
        if head.tag in {_ITEM_END, _SEQUENCE_END}:
            _check_delimiter(head, frame)
            frames.pop()
        elif frame.is_sequence or head.length == _UNDEFINED or head.tag in sequences:
            frames.append(_open(head, frame))
        else:
            at = _find_end(head, frame)
            yield frame.path, head, at


def _read_head(view: memoryview, at: int, *, order: str, frame: _Frame) -> _Head:
    if at + 8 > frame.limit:
        raise MalformedDataSet("the data set breaks off in the middle of an element")
    group, element = struct.unpack_from(f"{order}HH", view, at)
    tag = group << 16 | element
    vr = bytes(view[at + 4 : at + 6])
    if (tag in _DELIMITERS) or not frame.explicit or not (vr.isalpha() and vr.isupper()):
        return _Head(tag, b"", struct.unpack_from(f"{order}I", view, at + 4)[0], at + 8)
    if vr not in _LONG_VRS:
        return _Head(tag, vr, struct.unpack_from(f"{order}H", view, at + 6)[0], at + 8)
    if at + 12 > frame.limit:
        raise MalformedDataSet("the data set breaks off in the middle of an element")
    return _Head(tag, vr, struct.unpack_from(f"{order}I", view, at + 8)[0], at + 12)


def _check_delimiter(head: _Head, frame: _Frame) -> None:
    wanted = _SEQUENCE_END if frame.is_sequence else _ITEM_END
    if head.tag != wanted or frame.end is not None or head.length:
        raise MalformedDataSet("a delimiter of the data set ends nothing that is open")


def _open(head: _Head, frame: _Frame) -> _Frame:
    if frame.is_sequence and head.tag != _ITEM:
        raise MalformedDataSet("a sequence of the data set holds something else than items")
    end = None if head.length == _UNDEFINED else _find_end(head, frame)
    return _Frame(
        path=frame.path if frame.is_sequence else (*frame.path, head.tag),
        is_sequence=not frame.is_sequence,
        end=end,
        limit=frame.limit if end is None else end,
        # PS3.5 §6.2.2 note 2: what is inside a UN of unknown length is Implicit VR Little Endian.
        explicit=frame.explicit and head.vr != b"UN",
    )


def _find_end(head: _Head, frame: _Frame) -> int:
    end = head.value_at + head.length
    if end > frame.limit:
        raise MalformedDataSet("an element of the data set is longer than what holds it")
    return end
