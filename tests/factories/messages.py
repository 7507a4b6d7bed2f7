"""Command sets by hand, and as pynetdicom writes and reads them."""

import struct
from typing import Any

from pynetdicom import dimse_messages, dimse_primitives
from pynetdicom.pdu_primitives import P_DATA

CT, INSTANCE = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5"
STORE = {
    0x0002: CT.encode() + b"\0",
    0x0100: b"\1\0",
    0x0110: b"\7\0",
    0x0700: b"\0\0",
    0x0800: b"\0\0",
    0x1000: INSTANCE.encode() + b"\0",
}


def encode_elements(values: dict[int, bytes], *, group_length: int | None = None) -> bytes:
    body = b"".join(
        struct.pack("<HHI", 0, element, len(value)) + value for element, value in values.items()
    )
    length = len(body) if group_length is None else group_length
    return struct.pack("<HHII", 0, 0, 4, length) + body


def write_with_pynetdicom(name: str, **values: Any) -> bytes:
    """Encode a message of this name, such as C_STORE_RQ, and give its command set."""
    primitive = getattr(dimse_primitives, name.rpartition("_")[0])()
    for keyword, value in values.items():
        setattr(primitive, keyword, value)
    message = getattr(dimse_messages, name)()
    message.primitive_to_message(primitive)
    fragments = (
        value for data in message.encode_msg(1, 0) for _, value in data.presentation_data_value_list
    )
    return b"".join(each[1:] for each in fragments if each[0] & 1)


def read_with_pynetdicom(command: bytes, *, has_data_set: bool = False) -> Any:
    """Decode a command set to the primitive that it is of."""
    message = dimse_messages.DIMSEMessage()
    data = P_DATA()
    data.presentation_data_value_list.append((1, b"\3" + command))
    if has_data_set:
        data.presentation_data_value_list.append((1, b"\2"))
    assert message.decode_msg(data)
    return message.message_to_primitive()
