import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.dimse.command_set import (
    CommandField,
    MalformedCommand,
    decode_command,
    encode_response,
)
from tests.factories.messages import INSTANCE, STORE, encode_elements


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_a_command_or_malformed(noise: bytes) -> None:
    for data in (
        noise,
        encode_elements(STORE) + noise,
        struct.pack("<HHII", 0, 0, 4, len(noise)) + noise,
    ):
        with suppress(MalformedCommand):
            decode_command(data)


@given(st.data())
def test_a_command_with_a_wrong_byte_is_a_command_or_malformed(data: st.DataObject) -> None:
    command = bytearray(encode_elements(STORE))
    command[data.draw(st.integers(0, len(command) - 1))] = data.draw(st.integers(0, 255))

    with suppress(MalformedCommand):
        assert decode_command(command).command_field in CommandField


@given(st.integers(0, len(encode_elements(STORE)) - 1))
def test_a_command_that_breaks_off_is_malformed(size: int) -> None:
    with pytest.raises(MalformedCommand):
        decode_command(encode_elements(STORE)[:size])


MALFORMED = {
    "nothing": (b"", "group length"),
    "no group length": (encode_elements(STORE)[12:], "group length"),
    "a group length that is too short": (encode_elements(STORE, group_length=2), "group length"),
    "a group length that is too long": (
        encode_elements(STORE, group_length=0xFFFFFFFF),
        "group length",
    ),
    "a group length of two bytes": (
        struct.pack("<HHIH", 0, 0, 2, 100) + encode_elements(STORE)[12:],
        "group length",
    ),
    "an element of another group": (
        encode_elements(STORE) + struct.pack("<HHI2s", 8, 0x18, 2, b"1\0"),
        "group 0008",
    ),
    "an element twice": (
        encode_elements(STORE) + struct.pack("<HHI2s", 0, 0x0700, 2, b"\1\0"),
        r"\(0000,0700\) stands twice",
    ),
    "an element of 4 GiB": (
        encode_elements(STORE) + struct.pack("<HHI", 0, 0x1030, 0xFFFFFFFF),
        r"\(0000,1030\) is longer",
    ),
    "half an element": (encode_elements(STORE) + b"\0\0\x30\x10", "breaks off"),
    "a number of one byte": (
        encode_elements({**STORE, 0x0110: b"\1"}),
        r"\(0000,0110\) has 1 bytes",
    ),
    "a number of four bytes": (
        encode_elements({**STORE, 0x0700: b"\0\0\0\0"}),
        r"\(0000,0700\) has 4",
    ),
    "a command of four bytes": (
        encode_elements({**STORE, 0x0100: b"\1\0\0\0"}),
        r"\(0000,0100\) has 4",
    ),
    "no command": (encode_elements({**STORE, 0x0100: b""}), "does not tell its command"),
    "an unknown command": (encode_elements({**STORE, 0x0100: b"\2\0"}), "no command 0x0002"),
    "a data set where none can be": (
        encode_elements({**STORE, 0x0100: b"\x30\0"}),
        "C_ECHO_RQ cannot have a data set",
    ),
    "no data set where one must be": (
        encode_elements({**STORE, 0x0800: b"\1\1"}),
        "C_STORE_RQ needs a data set",
    ),
    "64 kB": (encode_elements({**STORE, 0x0010: b"x" * 65536}), "bytes is none"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_can_be_read_in_two_ways_or_none_is_malformed(name: str) -> None:
    data, message = MALFORMED[name]

    with pytest.raises(MalformedCommand, match=message) as raised:
        decode_command(data)

    assert INSTANCE not in raised.value.message


@pytest.mark.parametrize("element", [0x0002, 0x0110, 0x0700, 0x0800, 0x1000])
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_store_lacks_what_it_needs(element: int, how: str) -> None:
    values = {**STORE, element: b""}
    if how == "missing":
        del values[element]

    with pytest.raises(MalformedCommand, match=rf"lacks the element \(0000,{element:04x}\)") as it:
        decode_command(encode_elements(values))

    assert it.value.command_field is CommandField.C_STORE_RQ
    assert it.value.message_id == (None if element == 0x0110 else 7)


NEEDED = {
    CommandField.C_ECHO_RQ: {0x0002, 0x0110},
    CommandField.C_CANCEL_RQ: {0x0120},
    CommandField.C_STORE_RSP: {0x0120, 0x0900},
    CommandField.C_FIND_RQ: {0x0002, 0x0110, 0x0700},
    CommandField.C_MOVE_RQ: {0x0002, 0x0110, 0x0600, 0x0700},
    CommandField.N_EVENT_REPORT_RQ: {0x0002, 0x0110, 0x1000, 0x1002},
    CommandField.N_EVENT_REPORT_RSP: {0x0120, 0x0900},
    CommandField.N_GET_RQ: {0x0003, 0x0110, 0x1001},
    CommandField.N_SET_RQ: {0x0003, 0x0110, 0x1001},
    CommandField.N_ACTION_RQ: {0x0003, 0x0110, 0x1001, 0x1008},
    CommandField.N_CREATE_RQ: {0x0002, 0x0110},
    CommandField.N_DELETE_RQ: {0x0003, 0x0110, 0x1001},
}


@pytest.mark.parametrize("field", NEEDED)
def test_each_command_needs_what_the_standard_says_and_no_more(field: CommandField) -> None:
    uids = {0x0002, 0x0003, 0x1000, 0x1001}
    with_data = {CommandField.C_FIND_RQ, CommandField.C_MOVE_RQ, CommandField.N_SET_RQ}
    values = {each: b"1.2\0" if each in uids else b"\1\0" for each in NEEDED[field]}
    values[0x0100] = struct.pack("<H", field)
    values[0x0800] = b"\0\0" if field in with_data else b"\1\1"

    assert decode_command(encode_elements(values)).command_field is field
    for element in NEEDED[field]:
        left = {each: value for each, value in values.items() if each != element}
        with pytest.raises(MalformedCommand, match=f"{element:04x}"):
            decode_command(encode_elements(left))


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        (b"1.2.3\0x", "1.2.3\ufffdx"),
        (b"1.2/../3", "1.2/../3"),
        (b"1..2", "1..2"),
        (b"1.2\xe9\n", "1.2\ufffd\ufffd"),
        (b"\0\0", ""),
        (b"1" * 64, "1" * 64),
        (b"1" * 65, "1" * 63 + "\u2026"),
        (b"1" * 60000, "1" * 63 + "\u2026"),
    ],
)
def test_a_uid_that_is_none_is_for_the_service_to_refuse(uid: bytes, expected: str) -> None:
    command = decode_command(encode_elements({**STORE, 0x1000: uid}))

    assert command.affected_sop_instance_uid == expected
    assert decode_command(encode_response(command, 0xC000)).status == 0xC000


@pytest.mark.parametrize(
    "values",
    [
        dict(reversed(STORE.items())),
        {**STORE, 0x1000: INSTANCE.encode()},
        {**STORE, 0x1000: INSTANCE.encode() + b" "},
        {**STORE, 0x0001: b"\0\0\0\0", 0x5010: b"NOT KNOWN "},
        {**STORE, 0x0800: b"\1\0"},
    ],
    ids=["out of order", "an odd length", "padded by a space", "unknown elements", "other type"],
)
def test_what_devices_do_differently_is_taken(values: dict[int, bytes]) -> None:
    assert decode_command(encode_elements(values)) == decode_command(encode_elements(STORE))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_command_is_read_from_any_kind_of_bytes(kind: Any) -> None:
    assert decode_command(kind(encode_elements(STORE))).affected_sop_instance_uid == INSTANCE


def test_what_was_read_holds_no_view_of_what_it_came_in() -> None:
    received = bytearray(encode_elements(STORE))
    command = decode_command(memoryview(received))

    received[:] = bytes(len(received))

    assert (command.affected_sop_instance_uid, command.message_id) == (INSTANCE, 7)
