"""The user information item of the A-ASSOCIATE PDUs and its sub-items (PS3.7 §D.3.3)."""

import struct
from collections.abc import Callable, Mapping
from typing import TypedDict

from dicom_gateway.upper_layer.items import (
    AsynchronousOperationsWindow,
    CommonExtendedNegotiation,
    ExtendedNegotiation,
    ItemType,
    RoleSelection,
    UserIdentity,
    UserInformation,
    decode_text,
    decode_uid,
    encode_item,
    iterate_items,
    refuse,
)
from dicom_gateway.upper_layer.pdu import LEAST_MAX_PDU_BYTES

_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
# Three negotiations for each of 128 contexts, and some. What we mirror of them fits into an item.
_MOST_SUB_ITEMS = 512


class UserFields(TypedDict, total=False):
    """The fields of `UserInformation` that were found."""

    max_pdu_bytes: int
    implementation_class_uid: str
    implementation_version_name: str
    asynchronous_operations_window: AsynchronousOperationsWindow
    roles: tuple[RoleSelection, ...]
    extended_negotiations: tuple[ExtendedNegotiation, ...]
    common_extended_negotiations: tuple[CommonExtendedNegotiation, ...]
    user_identity: UserIdentity
    user_identity_response: bytes


def _need(value: bytes, size: int, *, name: str) -> None:
    if len(value) < size:
        raise refuse(f"the {name} item breaks off after {len(value)} bytes")


def _take(value: bytes, at: int, *, name: str) -> tuple[bytes, int]:
    # A field with its length, two bytes, before it.
    _need(value, at + 2, name=name)
    (length,) = _U16.unpack_from(value, at)
    end = at + 2 + length
    _need(value, end, name=name)
    return value[at + 2 : end], end


def _read_max_length(fields: UserFields, value: bytes) -> None:
    _need(value, 4, name="maximum length")
    (longest,) = _U32.unpack_from(value)
    if 0 < longest < LEAST_MAX_PDU_BYTES:
        raise refuse(f"a maximum length of {longest} bytes leaves no room for data")
    fields["max_pdu_bytes"] = longest


def _read_class_uid(fields: UserFields, value: bytes) -> None:
    fields["implementation_class_uid"] = decode_uid(value)


def _read_version_name(fields: UserFields, value: bytes) -> None:
    fields["implementation_version_name"] = decode_text(value)


def _read_window(fields: UserFields, value: bytes) -> None:
    _need(value, 4, name="asynchronous operations window")
    fields["asynchronous_operations_window"] = AsynchronousOperationsWindow(
        *struct.unpack_from(">HH", value)
    )


def _read_role(fields: UserFields, value: bytes) -> None:
    uid, at = _take(value, 0, name="role selection")
    _need(value, at + 2, name="role selection")
    role = RoleSelection(decode_uid(uid), scu=value[at] == 1, scp=value[at + 1] == 1)
    fields["roles"] = (*fields.get("roles", ()), role)


def _read_extended(fields: UserFields, value: bytes) -> None:
    uid, at = _take(value, 0, name="extended negotiation")
    found = ExtendedNegotiation(decode_uid(uid), value[at:])
    fields["extended_negotiations"] = (*fields.get("extended_negotiations", ()), found)


def _read_common(fields: UserFields, value: bytes) -> None:
    name = "common extended negotiation"
    sop_class, at = _take(value, 0, name=name)
    service_class, at = _take(value, at, name=name)
    # What follows the list is reserved (PS3.7 table D.3-12).
    listed, _ = _take(value, at, name=name) if at < len(value) else (b"", at)
    related, at = [], 0
    while at < len(listed):
        uid, at = _take(listed, at, name=name)
        related.append(decode_uid(uid))
    found = CommonExtendedNegotiation(
        decode_uid(sop_class), decode_uid(service_class), tuple(related)
    )
    before = fields.get("common_extended_negotiations", ())
    fields["common_extended_negotiations"] = (*before, found)


def _read_identity(fields: UserFields, value: bytes) -> None:
    _need(value, 2, name="user identity")
    primary, at = _take(value, 2, name="user identity")
    secondary, _ = _take(value, at, name="user identity") if at < len(value) else (b"", at)
    fields["user_identity"] = UserIdentity(value[0], value[1] == 1, primary, secondary)


def _read_identity_response(fields: UserFields, value: bytes) -> None:
    fields["user_identity_response"], _ = _take(value, 0, name="user identity")


_READERS: Mapping[int, Callable[[UserFields, bytes], None]] = {
    ItemType.MAX_LENGTH: _read_max_length,
    ItemType.IMPLEMENTATION_CLASS_UID: _read_class_uid,
    ItemType.ASYNCHRONOUS_OPERATIONS_WINDOW: _read_window,
    ItemType.ROLE_SELECTION: _read_role,
    ItemType.IMPLEMENTATION_VERSION_NAME: _read_version_name,
    ItemType.EXTENDED_NEGOTIATION: _read_extended,
    ItemType.COMMON_EXTENDED_NEGOTIATION: _read_common,
    ItemType.USER_IDENTITY: _read_identity,
    ItemType.USER_IDENTITY_RESPONSE: _read_identity_response,
}
_SUB_ITEMS = frozenset(int(each) for each in _READERS)


def decode_user_information(data: bytes, start: int, end: int) -> UserFields:
    """Read the sub-items of a user information item.

    Of an item that stands twice where once is allowed the last one counts.

    Raises
    ------
    MalformedPdu
        If a sub-item breaks off, is longer than what holds it, or belongs elsewhere; if a
        maximum length is too short for any data; if there are more than 512 of them.
    """
    fields = UserFields()
    found = iterate_items(data, start, end, expected=_SUB_ITEMS, most=_MOST_SUB_ITEMS)
    for kind, value_at, value_end in found:
        _READERS[kind](fields, data[value_at:value_end])
    return fields


def encode_user_information(information: UserInformation) -> bytes:
    """Encode the user information item, in the order of the types of its sub-items."""
    parts = [
        encode_item(ItemType.MAX_LENGTH, _U32.pack(information.max_pdu_bytes)),
        encode_item(
            ItemType.IMPLEMENTATION_CLASS_UID, information.implementation_class_uid.encode()
        ),
    ]
    if (window := information.asynchronous_operations_window) is not None:
        value = struct.pack(">HH", window.invoked, window.performed)
        parts.append(encode_item(ItemType.ASYNCHRONOUS_OPERATIONS_WINDOW, value))
    for role in information.roles:
        value = _give(role.sop_class_uid.encode()) + bytes((role.scu, role.scp))
        parts.append(encode_item(ItemType.ROLE_SELECTION, value))
    if information.implementation_version_name:
        value = information.implementation_version_name.encode("ascii")
        parts.append(encode_item(ItemType.IMPLEMENTATION_VERSION_NAME, value))
    for each in information.extended_negotiations:
        value = _give(each.sop_class_uid.encode()) + each.information
        parts.append(encode_item(ItemType.EXTENDED_NEGOTIATION, value))
    parts.extend(map(_encode_common, information.common_extended_negotiations))
    if (user := information.user_identity) is not None:
        value = bytes((user.kind, user.wants_answer)) + _give(user.primary) + _give(user.secondary)
        parts.append(encode_item(ItemType.USER_IDENTITY, value))
    if (response := information.user_identity_response) is not None:
        parts.append(encode_item(ItemType.USER_IDENTITY_RESPONSE, _give(response)))
    return encode_item(ItemType.USER_INFORMATION, b"".join(parts))


def _encode_common(negotiation: CommonExtendedNegotiation) -> bytes:
    related = b"".join(_give(each.encode()) for each in negotiation.related_sop_class_uids)
    value = b"".join(
        _give(each)
        for each in (
            negotiation.sop_class_uid.encode(),
            negotiation.service_class_uid.encode(),
            related,
        )
    )
    return encode_item(ItemType.COMMON_EXTENDED_NEGOTIATION, value)


def _give(value: bytes) -> bytes:
    return _U16.pack(len(value)) + value
