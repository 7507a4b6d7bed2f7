"""Items of the A-ASSOCIATE PDUs (PS3.8 §9.3.2, §9.3.3), and what their sub-items say."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu

_HEAD = struct.Struct(">BBH")
_PADDING = b"\0 "
_LONGEST_TEXT = 64
# Leading zeros of a component, though forbidden, are let through: devices send them.
_UID = re.compile(rb"[0-9.]{1,64}")
_UNPRINTABLE = dict.fromkeys((*range(32), 127), "\ufffd")

DEFAULT_MAX_PDU_BYTES = 16384
"""What is sent to a peer that does not say how much it takes."""


class ItemType(IntEnum):
    """The first byte of an item."""

    APPLICATION_CONTEXT = 0x10
    PROPOSED_CONTEXT = 0x20
    ANSWERED_CONTEXT = 0x21
    ABSTRACT_SYNTAX = 0x30
    TRANSFER_SYNTAX = 0x40
    USER_INFORMATION = 0x50
    MAX_LENGTH = 0x51
    IMPLEMENTATION_CLASS_UID = 0x52
    ASYNCHRONOUS_OPERATIONS_WINDOW = 0x53
    ROLE_SELECTION = 0x54
    IMPLEMENTATION_VERSION_NAME = 0x55
    EXTENDED_NEGOTIATION = 0x56
    COMMON_EXTENDED_NEGOTIATION = 0x57
    USER_IDENTITY = 0x58
    USER_IDENTITY_RESPONSE = 0x59


_KNOWN = frozenset(int(each) for each in ItemType)


@dataclass(frozen=True, slots=True)
class AsynchronousOperationsWindow:
    """Operations that may be outstanding, 0 for any number (PS3.7 §D.3.3.3)."""

    invoked: int
    performed: int


@dataclass(frozen=True, slots=True)
class RoleSelection:
    """The roles of the association's requestor for a SOP class (PS3.7 §D.3.3.4)."""

    sop_class_uid: str
    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class ExtendedNegotiation:
    """What a service says of itself; each service has its own form (PS3.7 §D.3.3.5)."""

    sop_class_uid: str
    information: bytes


@dataclass(frozen=True, slots=True)
class CommonExtendedNegotiation:
    """To which service a SOP class belongs, and which are like it (PS3.7 §D.3.3.6)."""

    sop_class_uid: str
    service_class_uid: str
    related_sop_class_uids: tuple[str, ...] = ()


class UserIdentityKind(IntEnum):
    """The kinds of PS3.7 table D.3-14."""

    USERNAME = 1
    USERNAME_AND_PASSCODE = 2
    KERBEROS = 3
    SAML = 4
    JSON_WEB_TOKEN = 5


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """Who uses the peer (PS3.7 §D.3.3.7).

    Parameters
    ----------
    kind
        As received: it may be none of `UserIdentityKind`.
    primary, secondary
        A name and a passcode, a ticket, an assertion: never to be shown.
    """

    kind: int
    wants_answer: bool
    primary: bytes = field(repr=False)
    secondary: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInformation:
    """What each side says of itself (PS3.8 §9.3.2.3, §9.3.3.3; PS3.7 §D.3.3).

    Parameters
    ----------
    max_pdu_bytes
        Longest body of a P-DATA-TF that it takes (PS3.8 §D.1); 0: any.
    common_extended_negotiations, user_identity
        Of a requestor only.
    user_identity_response
        Of an acceptor only; missing when it was not asked for, or not given.
    """

    max_pdu_bytes: int = DEFAULT_MAX_PDU_BYTES
    implementation_class_uid: str = ""
    implementation_version_name: str = ""
    asynchronous_operations_window: AsynchronousOperationsWindow | None = None
    roles: tuple[RoleSelection, ...] = ()
    extended_negotiations: tuple[ExtendedNegotiation, ...] = ()
    common_extended_negotiations: tuple[CommonExtendedNegotiation, ...] = ()
    user_identity: UserIdentity | None = None
    user_identity_response: bytes | None = None


def iterate_items(
    data: bytes, start: int, end: int, *, expected: frozenset[int], most: int
) -> Iterator[tuple[int, int, int]]:
    """Yield each item that is expected here: its type, and where its value begins and ends.

    Items of unknown types are skipped (PS3.8 §9.3.1), and counted: nobody who was not let in yet
    can keep us busy with a hundred thousand of them.

    Raises
    ------
    MalformedPdu
        If an item breaks off or is longer than what holds it, or has its place elsewhere; if there
        are more than `most`.
    """
    unpack = _HEAD.unpack_from
    at, left = start, most
    while at < end:
        left -= 1
        if left < 0:
            raise refuse(f"there are more than {most} items where one item holds them")
        if end - at < _HEAD.size:
            raise refuse(f"an item breaks off at byte {at}")
        kind, _, length = unpack(data, at)
        value_at = at + _HEAD.size
        at = value_at + length
        if at > end:
            raise refuse(f"an item of type {kind:#04x} is longer than what holds it")
        if kind in expected:
            yield kind, value_at, at
        elif kind in _KNOWN:
            raise MalformedPdu(
                AbortReason.UNEXPECTED_PARAMETER,
                f"an item of type {kind:#04x} stands where none may stand",
            )


def encode_item(kind: ItemType, value: bytes) -> bytes:
    """Put the head before a value.

    Raises
    ------
    ValueError
        If the value has more than 65535 bytes.
    """
    if len(value) > 0xFFFF:  # noqa: PLR2004 - the length has two bytes
        raise ValueError(f"an item holds 65535 bytes at most, not {len(value)}")
    return _HEAD.pack(kind, 0, len(value)) + value


def decode_uid(value: bytes) -> str:
    """Read a UID without padding; what is none (PS3.5 §9.1) reads as empty, so nobody takes it."""
    stripped = value.rstrip(_PADDING)
    return stripped.decode("ascii") if _UID.fullmatch(stripped) else ""


def decode_text(value: bytes) -> str:
    """Read a text of ISO 646 without padding; any other byte becomes U+FFFD.

    No text of the upper layer or of a command is longer than 64 characters; what is has a last
    character that tells so.
    """
    stripped = value.strip(_PADDING)
    if len(stripped) > _LONGEST_TEXT:
        return decode_text(stripped[: _LONGEST_TEXT - 1]) + "\u2026"
    text = stripped.decode("ascii", "replace")
    return text if text.isprintable() else text.translate(_UNPRINTABLE)


def refuse(message: str) -> MalformedPdu:
    """Make the error of an item whose value cannot be read."""
    return MalformedPdu(AbortReason.INVALID_PARAMETER_VALUE, message)
