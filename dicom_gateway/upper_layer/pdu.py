"""Protocol data units of PS3.8 §9.3, but for A-ASSOCIATE-RQ and -AC (see `associate`).

All numbers of a PDU are big endian (PS3.8 §9.3.1). A body is a PDU without its header.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

_HEADER = struct.Struct(">BxI")
_REJECT = struct.Struct(">BxIxBBB")
_ABORT = struct.Struct(">BxIxxBB")
_PDV = struct.Struct(">IBB")
_PDV_LENGTH = 4
_COMMAND, _LAST = 1, 2

HEADER_BYTES = _HEADER.size
"""Type, reserved, length of the body."""
LEAST_MAX_PDU_BYTES = _PDV.size + 2
"""A peer that takes less cannot be sent any fragment (PS3.8 §D.1)."""


class PduType(IntEnum):
    """The first byte of a PDU."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA_TF = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class AbortSource(IntEnum):
    """Who ended the association (PS3.8 table 9-26)."""

    SERVICE_USER = 0
    SERVICE_PROVIDER = 2


class AbortReason(IntEnum):
    """Why the service provider ended the association (PS3.8 table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNRECOGNIZED_PARAMETER = 4
    UNEXPECTED_PARAMETER = 5
    INVALID_PARAMETER_VALUE = 6


class MalformedPdu(Exception):
    """A PDU breaks the protocol; it is answered by an A-ABORT (PS3.8 §9.3.8).

    Parameters
    ----------
    message
        What was wrong and where; holds nothing that the peer sent but numbers and UIDs.
    """

    def __init__(self, reason: AbortReason, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


class Reject(NamedTuple):
    """The codes of an A-ASSOCIATE-RJ as received: they may be none of PS3.8 table 9-21."""

    result: int
    source: int
    reason: int


class Abort(NamedTuple):
    """The codes of an A-ABORT as received: they may be none of PS3.8 table 9-26."""

    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class DataValue:
    """A presentation data value: one fragment of a command or of a data set (PS3.8 §9.3.5.1).

    Parameters
    ----------
    fragment
        A view of the PDU it came in.
    """

    context_id: int
    is_command: bool
    is_last: bool
    fragment: memoryview


RELEASE_RQ = struct.pack(">BxIxxxx", PduType.RELEASE_RQ, 4)
RELEASE_RP = struct.pack(">BxIxxxx", PduType.RELEASE_RP, 4)


def encode_pdu(kind: PduType, body: bytes) -> bytes:
    """Put the header before a body."""
    return _HEADER.pack(kind, len(body)) + body


def decode_header(header: bytes | bytearray | memoryview) -> tuple[int, int]:
    """Read the type and the length of the body, each as it is, from six bytes."""
    kind, length = _HEADER.unpack_from(header)
    return kind, length


def encode_reject(result: int, source: int, reason: int) -> bytes:
    """Encode an A-ASSOCIATE-RJ (PS3.8 §9.3.4)."""
    return _REJECT.pack(PduType.ASSOCIATE_RJ, 4, result, source, reason)


def encode_abort(source: AbortSource, reason: AbortReason = AbortReason.NOT_SPECIFIED) -> bytes:
    """Encode an A-ABORT; from the service user its reason has no meaning (PS3.8 §9.3.8)."""
    return _ABORT.pack(PduType.ABORT, 4, source, reason)


def decode_reject(body: bytes | memoryview) -> Reject:
    """Read the codes of an A-ASSOCIATE-RJ.

    Raises
    ------
    MalformedPdu
        If it has not the one length that it can have.
    """
    _check_four_bytes(body, name="A-ASSOCIATE-RJ")
    return Reject(body[1], body[2], body[3])


def decode_abort(body: bytes | memoryview) -> Abort:
    """Read the codes of an A-ABORT.

    Raises
    ------
    MalformedPdu
        If it has not the one length that it can have.
    """
    _check_four_bytes(body, name="A-ABORT")
    return Abort(body[2], body[3])


def _check_four_bytes(body: bytes | memoryview, *, name: str) -> None:
    if len(body) != 4:  # noqa: PLR2004 - the one length of these PDUs
        raise MalformedPdu(
            AbortReason.INVALID_PARAMETER_VALUE,
            f"the {name} has {len(body)} bytes after its header, 4 is the only length",
        )


def encode_p_data(
    context_id: int,
    *,
    command: bytes | None = None,
    data_set: bytes | memoryview | None = None,
    max_pdu_bytes: int = 0,
) -> bytes:
    """Encode a message, or one half of it, as P-DATA-TF PDUs of one fragment each.

    Parameters
    ----------
    command, data_set
        Whole; one of the two may be missing. An empty data set is sent as an empty fragment.
    max_pdu_bytes
        Longest body that the peer takes (PS3.8 §D.1); 0: any.

    Raises
    ------
    ValueError
        If the peer takes less than `LEAST_MAX_PDU_BYTES`.
    """
    pdus: list[bytes | memoryview] = []
    if command is not None:
        _add_fragments(pdus, command, head=(context_id, _COMMAND), max_pdu_bytes=max_pdu_bytes)
    if data_set is not None:
        _add_fragments(pdus, data_set, head=(context_id, 0), max_pdu_bytes=max_pdu_bytes)
    return b"".join(pdus)


def _add_fragments(
    pdus: list[bytes | memoryview],
    message: bytes | memoryview,
    *,
    head: tuple[int, int],
    max_pdu_bytes: int,
) -> None:
    if 0 < max_pdu_bytes < LEAST_MAX_PDU_BYTES:
        raise ValueError(f"no fragment fits into a PDU of {max_pdu_bytes} bytes")
    size = len(message)
    # All fragments but the last are even: a peer may take them for values of their own.
    longest = (max_pdu_bytes - _PDV.size) & ~1 if max_pdu_bytes else size
    context_id, control = head
    view = memoryview(message)
    for at in range(0, max(size, 1), max(longest, 1)):
        fragment = view[at : at + longest]
        last = _LAST if at + longest >= size else 0
        pdus.append(_HEADER.pack(PduType.P_DATA_TF, len(fragment) + _PDV.size))
        pdus.append(_PDV.pack(len(fragment) + 2, context_id, control | last))
        pdus.append(fragment)


def decode_p_data(body: bytes | memoryview) -> Iterator[DataValue]:
    """Yield the data values of a P-DATA-TF; nothing of it is copied.

    Raises
    ------
    MalformedPdu
        If it holds none, or one that is longer than what is left of the PDU.
    """
    view = memoryview(body)
    at, size = 0, len(view)
    while at < size or size == 0:
        if size - at < _PDV.size:
            raise MalformedPdu(
                AbortReason.INVALID_PARAMETER_VALUE,
                f"the P-DATA-TF breaks off in the head of a data value at byte {at}",
            )
        length, context_id, control = _PDV.unpack_from(view, at)
        end = at + _PDV_LENGTH + length
        if end > size or end < at + _PDV.size:
            raise MalformedPdu(
                AbortReason.INVALID_PARAMETER_VALUE,
                f"a data value of {length} bytes does not fit into its P-DATA-TF of {size}",
            )
        yield DataValue(
            context_id, bool(control & _COMMAND), bool(control & _LAST), view[at + _PDV.size : end]
        )
        at = end
