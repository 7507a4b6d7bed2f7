"""What a peer answers, taken apart: only as much as tells whether all went well."""

import struct
from dataclasses import dataclass

from benchmarks._load.recording import IMAGE_CONTEXT

ACCEPTED, REJECTED, DATA, RELEASED, ABORTED = 0x02, 0x03, 0x04, 0x06, 0x07
"""The types of the PDUs that a peer may send (PS3.8 §9.3.1)."""

_ITEMS_AT = 68
"""In an A-ASSOCIATE-AC, behind versions, titles and reserved bytes (PS3.8 §9.3.3)."""
_CONTEXT_ITEM, _USER_ITEM, _MOST_BYTES_ITEM = 0x21, 0x50, 0x51
_ITEM_HEADER, _PDV_HEADER, _ELEMENT_HEADER = 4, 6, 8
_COMMAND_AND_LAST = 0x03
_NO_DATA_SET = 0x0101
_STORE_RESPONSE = 0x8001


class Unexpected(Exception):
    """A peer answered something else than the standard has it answer, or refused."""


def read_most_pdu_bytes(body: bytes) -> int:
    """Read from an A-ASSOCIATE-AC what its sender takes at most, 0 for no limit (PS3.8 §D.1.2).

    Raises
    ------
    Unexpected
        If the context of the images is not accepted.
    """
    items = _split_items(body[_ITEMS_AT:])
    results = {value[0]: value[2] for kind, value in items if kind == _CONTEXT_ITEM}
    if results.get(IMAGE_CONTEXT) != 0:
        raise Unexpected(f"the context of the images got {results.get(IMAGE_CONTEXT)}")
    (user,) = (value for kind, value in items if kind == _USER_ITEM)
    most = [value for kind, value in _split_items(user) if kind == _MOST_BYTES_ITEM]
    return int.from_bytes(most[0], "big") if most else 0


def _split_items(content: bytes) -> list[tuple[int, bytes]]:
    items, at = [], 0
    while at < len(content):
        kind, length = struct.unpack_from(">BxH", content, at)
        at += _ITEM_HEADER
        items.append((kind, content[at : at + length]))
        at += length
    return items


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """A C-STORE-RSP (PS3.7 §9.3.1.2)."""

    message_id: int
    status: int


def read_store_answer(body: bytes) -> StoreAnswer:
    """Read the C-STORE-RSP in a P-DATA-TF PDU; a peer that cuts one into several is not known.

    Raises
    ------
    Unexpected
        If it is anything else.
    """
    length, context, control = struct.unpack_from(">IBB", body)
    if (length + 4, context, control) != (len(body), IMAGE_CONTEXT, _COMMAND_AND_LAST):
        raise Unexpected(f"a PDV of {length} bytes for context {context}, control {control:#x}")
    elements = _split_elements(body[_PDV_HEADER:])
    kind, answered, data_set, status = (
        int.from_bytes(elements.get(tag, b""), "little") for tag in (0x0100, 0x0120, 0x0800, 0x0900)
    )
    if (kind, data_set) != (_STORE_RESPONSE, _NO_DATA_SET):
        raise Unexpected(f"command {kind:#06x}, data set type {data_set:#06x}")
    return StoreAnswer(answered, status)


def _split_elements(command: bytes) -> dict[int, bytes]:
    elements, at = {}, 0
    while at < len(command):
        group, element, length = struct.unpack_from("<HHI", command, at)
        if group != 0:
            raise Unexpected(f"an element of group {group:04X} in a command set")
        at += _ELEMENT_HEADER
        elements[element] = command[at : at + length]
        at += length
    return elements
