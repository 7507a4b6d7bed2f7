"""Command sets of DIMSE messages (PS3.7 §6.3, §9.3, §10.3, annex E), by hand: the hot path.

A command set is a data set of group 0000 in Implicit VR Little Endian. Strict where a command
could be read in two ways, lenient where devices are known to differ:

- refused as malformed: an element that breaks off or is longer than what is left; another group;
  an element twice; no group length, or a wrong one; a number that has not two bytes; a mandatory
  element missing or empty; a data set announced where there can be none, or none where there must
  be one;
- taken: elements out of order; elements of group 0000 that are not known here (skipped); values of
  an odd length; UIDs padded by a space, and UIDs that are none: one bad image is for its service to
  refuse by a status, so that those after it still come.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from dicom_gateway.dimse.fields import (
    MANDATORY,
    WITH_DATA_SET,
    WITHOUT_DATA_SET,
    CommandField,
    Element,
    Priority,
)
from dicom_gateway.upper_layer.items import decode_text

__all__ = [
    "Command",
    "CommandField",
    "MalformedCommand",
    "Priority",
    "decode_command",
    "encode_command",
    "encode_response",
]

_ELEMENT = struct.Struct("<HHI")
_U16 = struct.Struct("<H")
_RESPONSE = 0x8000
_NO_DATA_SET = 0x0101
_A_DATA_SET = 0x0001
_LONGEST_COMMENT = 64
_FIELDS: Mapping[int, CommandField] = {int(each): each for each in CommandField}

MAX_COMMAND_BYTES = 65536
"""More is no command: the largest of PS3.7 has some hundred bytes."""


class MalformedCommand(Exception):
    """A command set is none, or lacks what its command needs.

    Parameters
    ----------
    message
        What was wrong; holds nothing that the peer sent but numbers.
    command_field, message_id
        If they could be read: then the fault can be answered by a status.
    """

    def __init__(
        self,
        message: str,
        *,
        command_field: CommandField | None = None,
        message_id: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.command_field = command_field
        self.message_id = message_id


@dataclass(frozen=True, slots=True)
class Command:
    """A command set.

    Parameters
    ----------
    message_id
        Of a request; 0 in a response, and in a C-CANCEL-RQ.
    message_id_responded_to
        Of a response, and of a C-CANCEL-RQ; 0 in other requests.
    affected_sop_class_uid, affected_sop_instance_uid
        As received, but for padding; empty if missing. So are the other texts. A UID may be none.
    priority
        As received: it may be none of `Priority`.
    """

    command_field: CommandField
    has_data_set: bool = False
    message_id: int = 0
    message_id_responded_to: int = 0
    affected_sop_class_uid: str = ""
    affected_sop_instance_uid: str = ""
    requested_sop_class_uid: str = ""
    requested_sop_instance_uid: str = ""
    priority: int = Priority.MEDIUM
    status: int | None = None
    error_id: int | None = None
    action_type_id: int | None = None
    event_type_id: int | None = None
    move_destination: str = ""
    move_originator_ae_title: str = ""
    move_originator_message_id: int | None = None


def decode_command(data: bytes | bytearray | memoryview) -> Command:
    """Read a command set; the module tells what is taken and what is not.

    Raises
    ------
    MalformedCommand
        If it cannot be read in one way only, or lacks what its command needs.
    """
    values = _read_elements(bytes(data))
    field, message_id = _read_kind(values)
    try:
        return _build(values, field)
    except MalformedCommand as error:
        raise MalformedCommand(error.message, command_field=field, message_id=message_id) from None


def _read_elements(data: bytes) -> dict[int, bytes]:
    size = len(data)
    if size > MAX_COMMAND_BYTES:
        raise MalformedCommand(f"a command set of {size} bytes is none")
    values: dict[int, bytes] = {}
    unpack = _ELEMENT.unpack_from
    at = 0
    while at < size:
        if size - at < 8:  # noqa: PLR2004 - the head of an element
            raise MalformedCommand(f"the command set breaks off at byte {at}")
        group, element, length = unpack(data, at)
        end = at + 8 + length
        if group:
            raise MalformedCommand(f"the command set has an element of group {group:04x}")
        if end > size:
            raise MalformedCommand(f"the element (0000,{element:04x}) is longer than what holds it")
        if element in values:
            raise MalformedCommand(f"the element (0000,{element:04x}) stands twice")
        values[element] = data[at + 8 : end]
        at = end
    _check_group_length(values, size=size)
    return values


def _check_group_length(values: Mapping[int, bytes], *, size: int) -> None:
    # PS3.7 §6.3.1: counted from the end of this element, which has twelve bytes.
    if values.get(Element.GROUP_LENGTH) != (size - 12 & 0xFFFFFFFF).to_bytes(4, "little"):
        raise MalformedCommand("the group length of the command set is missing or wrong")


def _read_kind(values: Mapping[int, bytes]) -> tuple[CommandField, int | None]:
    number = _read_number(values, Element.COMMAND_FIELD)
    if number is None:
        raise MalformedCommand("the command set does not tell its command")
    field = _FIELDS.get(number)
    if field is None:
        raise MalformedCommand(f"there is no command {number:#06x}")
    message_id = values.get(Element.MESSAGE_ID, b"")
    return field, _U16.unpack(message_id)[0] if len(message_id) == _U16.size else None


def _build(values: Mapping[int, bytes], field: CommandField) -> Command:
    for element in MANDATORY[field]:
        if not values.get(element):
            raise MalformedCommand(f"{field.name} lacks the element (0000,{element:04x})")
    return Command(
        field,
        _has_data_set(values, field),
        _read_number(values, Element.MESSAGE_ID) or 0,
        _read_number(values, Element.MESSAGE_ID_RESPONDED_TO) or 0,
        _read_text(values, Element.AFFECTED_SOP_CLASS_UID),
        _read_text(values, Element.AFFECTED_SOP_INSTANCE_UID),
        _read_text(values, Element.REQUESTED_SOP_CLASS_UID),
        _read_text(values, Element.REQUESTED_SOP_INSTANCE_UID),
        _read_number(values, Element.PRIORITY) or 0,
        _read_number(values, Element.STATUS),
        _read_number(values, Element.ERROR_ID),
        _read_number(values, Element.ACTION_TYPE_ID),
        _read_number(values, Element.EVENT_TYPE_ID),
        _read_text(values, Element.MOVE_DESTINATION),
        _read_text(values, Element.MOVE_ORIGINATOR_AE_TITLE),
        _read_number(values, Element.MOVE_ORIGINATOR_MESSAGE_ID),
    )


def _has_data_set(values: Mapping[int, bytes], field: CommandField) -> bool:
    kind = _read_number(values, Element.DATA_SET_TYPE)
    if kind is None:
        raise MalformedCommand(f"{field.name} lacks the element (0000,{Element.DATA_SET_TYPE:04x})")
    has_data_set = kind != _NO_DATA_SET
    if field in (WITHOUT_DATA_SET if has_data_set else WITH_DATA_SET):
        what = "cannot have a data set" if has_data_set else "needs a data set"
        raise MalformedCommand(f"{field.name} {what}")
    return has_data_set


def _read_number(values: Mapping[int, bytes], element: int) -> int | None:
    value = values.get(element)
    if not value:
        return None
    if len(value) != _U16.size:
        raise MalformedCommand(f"the number (0000,{element:04x}) has {len(value)} bytes, not 2")
    return value[0] | value[1] << 8


def _read_text(values: Mapping[int, bytes], element: int) -> str:
    value = values.get(element)
    return decode_text(value) if value else ""


def encode_command(command: Command, *, error_comment: str = "") -> bytes:
    """Encode a command set: what is not empty, and what its command needs.

    Parameters
    ----------
    error_comment
        Of a response; the first 64 characters are sent, no patient data.
    """
    field = command.command_field
    is_answer = field & _RESPONSE or field is CommandField.C_CANCEL_RQ
    needs_priority = Element.PRIORITY in MANDATORY[field]
    elements: tuple[tuple[int, int | str | None], ...] = (
        (Element.AFFECTED_SOP_CLASS_UID, command.affected_sop_class_uid),
        (Element.REQUESTED_SOP_CLASS_UID, command.requested_sop_class_uid),
        (Element.COMMAND_FIELD, int(field)),
        (Element.MESSAGE_ID, None if is_answer else command.message_id),
        (Element.MESSAGE_ID_RESPONDED_TO, command.message_id_responded_to if is_answer else None),
        (Element.MOVE_DESTINATION, command.move_destination),
        (Element.PRIORITY, int(command.priority) if needs_priority else None),
        (Element.DATA_SET_TYPE, _A_DATA_SET if command.has_data_set else _NO_DATA_SET),
        (Element.STATUS, command.status),
        (Element.ERROR_COMMENT, error_comment[:_LONGEST_COMMENT]),
        (Element.ERROR_ID, command.error_id),
        (Element.AFFECTED_SOP_INSTANCE_UID, command.affected_sop_instance_uid),
        (Element.REQUESTED_SOP_INSTANCE_UID, command.requested_sop_instance_uid),
        (Element.EVENT_TYPE_ID, command.event_type_id),
        (Element.ACTION_TYPE_ID, command.action_type_id),
        (Element.MOVE_ORIGINATOR_AE_TITLE, command.move_originator_ae_title),
        (Element.MOVE_ORIGINATOR_MESSAGE_ID, command.move_originator_message_id),
    )
    body = b"".join(
        _encode_element(element, value) for element, value in elements if value not in {None, ""}
    )
    return _ELEMENT.pack(0, Element.GROUP_LENGTH, 4) + len(body).to_bytes(4, "little") + body


_PADDED_BY_SPACE = frozenset(
    {Element.MOVE_DESTINATION, Element.ERROR_COMMENT, Element.MOVE_ORIGINATOR_AE_TITLE}
)


def _encode_element(element: int, value: int | str | None) -> bytes:
    if isinstance(value, int):
        encoded = _U16.pack(value)
    else:
        encoded = (value or "").encode("ascii", "replace")
        if len(encoded) % 2:
            encoded += b" " if element in _PADDED_BY_SPACE else b"\0"
    return _ELEMENT.pack(0, element, len(encoded)) + encoded


def encode_response(
    request: Command,
    status: int,
    *,
    affected_sop_instance_uid: str = "",
    error_id: int | None = None,
    error_comment: str = "",
    has_data_set: bool = False,
) -> bytes:
    """Encode the response to a request: about the same instance, action or event (PS3.7 §10.3).

    Parameters
    ----------
    affected_sop_instance_uid
        Instead of the request's: the UID that was given to what an N-CREATE made.

    Raises
    ------
    ValueError
        If the message needs no response: it is one itself, or a C-CANCEL-RQ.
    """
    field = request.command_field
    if field & _RESPONSE or field is CommandField.C_CANCEL_RQ:
        raise ValueError(f"{field.name} has no response")
    class_uid = request.affected_sop_class_uid or request.requested_sop_class_uid
    instance_uid = request.affected_sop_instance_uid or request.requested_sop_instance_uid
    return encode_command(
        Command(
            CommandField(field | _RESPONSE),
            has_data_set,
            message_id_responded_to=request.message_id,
            affected_sop_class_uid=class_uid,
            affected_sop_instance_uid=affected_sop_instance_uid or instance_uid,
            status=status,
            error_id=error_id,
            action_type_id=request.action_type_id,
            event_type_id=request.event_type_id,
        ),
        error_comment=error_comment,
    )
