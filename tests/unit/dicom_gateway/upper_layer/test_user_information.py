import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.upper_layer.items import (
    DEFAULT_MAX_PDU_BYTES,
    AsynchronousOperationsWindow,
    CommonExtendedNegotiation,
    ExtendedNegotiation,
    ItemType,
    RoleSelection,
    UserIdentity,
    UserInformation,
    encode_item,
)
from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu
from dicom_gateway.upper_layer.user_information import (
    decode_user_information,
    encode_user_information,
)
from tests.factories.negotiating import REQUESTS

UID = struct.pack(">H", 5) + b"1.2.3"


def decode(*sub_items: tuple[ItemType, bytes]) -> UserInformation:
    data = b"".join(encode_item(kind, value) for kind, value in sub_items)
    return UserInformation(**decode_user_information(data, 0, len(data)))


@given(REQUESTS)
def test_user_information_is_read_as_it_was_written(information: UserInformation) -> None:
    written = encode_user_information(information)

    read = UserInformation(**decode_user_information(written, 4, len(written)))

    assert encode_user_information(read) == written


def test_nothing_said_means_the_usual() -> None:
    assert decode() == UserInformation(max_pdu_bytes=DEFAULT_MAX_PDU_BYTES)


def test_each_sub_item_is_read_as_the_standard_lays_it_out() -> None:
    read = decode(
        (ItemType.MAX_LENGTH, b"\0\2\0\0"),
        (ItemType.IMPLEMENTATION_CLASS_UID, b"1.2.3.4"),
        (ItemType.ASYNCHRONOUS_OPERATIONS_WINDOW, b"\0\5\0\0"),
        (ItemType.ROLE_SELECTION, UID + b"\1\0"),
        (ItemType.IMPLEMENTATION_VERSION_NAME, b"SCANNER_1.0"),
        (ItemType.EXTENDED_NEGOTIATION, UID + b"\2\1"),
        (ItemType.COMMON_EXTENDED_NEGOTIATION, UID + UID + struct.pack(">H", 14) + UID + UID),
        (ItemType.USER_IDENTITY, b"\2\1" + b"\0\3ana" + b"\0\6secret"),
        (ItemType.USER_IDENTITY_RESPONSE, b"\0\2ok"),
    )

    assert read == UserInformation(
        max_pdu_bytes=131072,
        implementation_class_uid="1.2.3.4",
        implementation_version_name="SCANNER_1.0",
        asynchronous_operations_window=AsynchronousOperationsWindow(5, 0),
        roles=(RoleSelection("1.2.3", scu=True, scp=False),),
        extended_negotiations=(ExtendedNegotiation("1.2.3", b"\2\1"),),
        common_extended_negotiations=(
            CommonExtendedNegotiation("1.2.3", "1.2.3", ("1.2.3", "1.2.3")),
        ),
        user_identity=UserIdentity(2, wants_answer=True, primary=b"ana", secondary=b"secret"),
        user_identity_response=b"ok",
    )


@pytest.mark.parametrize("longest", range(1, 8))
def test_a_maximum_length_without_room_for_data_is_malformed(longest: int) -> None:
    with pytest.raises(MalformedPdu, match="no room"):
        decode((ItemType.MAX_LENGTH, struct.pack(">I", longest)))


@pytest.mark.parametrize("longest", [0, 8, 0xFFFFFFFF])
def test_other_maximum_lengths_are_taken(longest: int) -> None:
    read = decode((ItemType.MAX_LENGTH, struct.pack(">I", longest)))

    assert read.max_pdu_bytes == longest


def test_of_two_sub_items_where_one_is_allowed_the_last_counts() -> None:
    read = decode(
        (ItemType.MAX_LENGTH, struct.pack(">I", 1000)), (ItemType.MAX_LENGTH, b"\0\0\x10\0")
    )

    assert read.max_pdu_bytes == 4096


@pytest.mark.parametrize(
    ("kind", "whole"),
    [
        (ItemType.MAX_LENGTH, b"\0\0\x40\0"),
        (ItemType.ASYNCHRONOUS_OPERATIONS_WINDOW, b"\0\1\0\1"),
        (ItemType.ROLE_SELECTION, UID + b"\1\1"),
        (ItemType.EXTENDED_NEGOTIATION, UID),
        (ItemType.COMMON_EXTENDED_NEGOTIATION, UID + UID),
        (ItemType.USER_IDENTITY, b"\1\0" + b"\0\3ana"),
        (ItemType.USER_IDENTITY_RESPONSE, b"\0\2ok"),
    ],
)
def test_a_sub_item_that_breaks_off_is_malformed(kind: ItemType, whole: bytes) -> None:
    decode((kind, whole))

    for size in range(len(whole)):
        with pytest.raises(MalformedPdu, match="breaks off") as raised:
            decode((kind, whole[:size]))
        assert raised.value.reason is AbortReason.INVALID_PARAMETER_VALUE


def test_a_related_class_longer_than_its_list_is_malformed() -> None:
    listed = struct.pack(">H", 4) + b"\0\3ab"

    with pytest.raises(MalformedPdu, match="breaks off"):
        decode((ItemType.COMMON_EXTENDED_NEGOTIATION, UID + UID + listed))


@given(st.binary(max_size=100), st.sampled_from(ItemType))
def test_whatever_bytes_a_sub_item_holds_they_are_read_or_malformed(
    value: bytes, kind: ItemType
) -> None:
    with suppress(MalformedPdu):
        decode((kind, value))


def test_hundreds_of_sub_items_are_taken_and_more_is_no_request() -> None:
    role = (ItemType.ROLE_SELECTION, UID + b"\1\1")
    assert len(decode(*[role] * 512).roles) == 512

    with pytest.raises(MalformedPdu, match="512"):
        decode(*[role] * 513)


def test_as_many_negotiations_as_are_read_can_be_answered() -> None:
    uid = struct.pack(">H", 64) + b"1" * 64
    each = (ItemType.EXTENDED_NEGOTIATION, uid + b"\2\0\3\0\0\0")

    assert encode_user_information(decode(*[each] * 512))


@pytest.mark.parametrize("uid", [b"", b"1.2.x", b"1" * 65, b"1.2\xe9", b"1" * 60000])
def test_a_uid_that_is_none_reads_as_empty(uid: bytes) -> None:
    role = struct.pack(">H", len(uid)) + uid + b"\1\1"

    read = decode((ItemType.ROLE_SELECTION, role), (ItemType.IMPLEMENTATION_CLASS_UID, uid))

    assert read.roles == (RoleSelection("", scu=True, scp=True),)
    assert read.implementation_class_uid == ""


def test_a_name_that_is_too_long_is_cut_and_says_so() -> None:
    read = decode((ItemType.IMPLEMENTATION_VERSION_NAME, b"A" * 65000))

    assert read.implementation_version_name == "A" * 63 + "\u2026"


def test_what_names_a_user_is_not_shown() -> None:
    shown = repr(UserIdentity(2, wants_answer=False, primary=b"ana", secondary=b"secret"))

    assert "ana" not in shown
    assert "secret" not in shown


def test_an_item_of_65536_bytes_cannot_be_written() -> None:
    encode_item(ItemType.USER_INFORMATION, b"x" * 65535)

    with pytest.raises(ValueError, match="65535"):
        encode_item(ItemType.USER_INFORMATION, b"x" * 65536)
