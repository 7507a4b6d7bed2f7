"""From bytes as they come to PDUs and presentation data values, whatever the cuts between reads.

Data sets are never put together here: their bytes are handed on as they come, in views that are
good only until the next read. So a connection holds a few bytes of its own, and no peer can make
us keep a long PDU in memory.
"""

from struct import Struct
from typing import Protocol

from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu, PduType

_PDU, _VALUE = Struct(">BxI"), Struct(">IBB")
_HEADER_BYTES = 6
"""Of a PDU: type, reserved, length; of a value: length, context, message control header."""
_LONGEST_BYTES = 1 << 20
"""What we take of P-DATA-TF: some peers exceed our maximum."""
_LONGEST_HELD_BYTES = 256 << 10
"""Of all others, which are held until they are whole, of peers that nobody knows yet: an
A-ASSOCIATE-RQ with 128 contexts of 40 transfer syntaxes each has 160 kB."""
_SHORT_BYTES = 4
_SHORT = frozenset({PduType.ASSOCIATE_RJ, PduType.RELEASE_RQ, PduType.RELEASE_RP, PduType.ABORT})
_KINDS = {int(kind): kind for kind in PduType}
_P_DATA = int(PduType.P_DATA_TF)
_VALUE_HEADER = 2
"""What the length of a value counts of its header: context and message control header."""


class PduHandler(Protocol):
    """Takes what a connection receives; each method may raise `MalformedPdu`."""

    def begin_p_data(self) -> bool:
        """Take a P-DATA-TF PDU; false: its values are to be passed over."""
        ...

    def open_value(self, context_id: int, flags: int) -> None:
        """Begin a presentation data value."""
        ...

    def write_value(self, fragment: memoryview) -> None:
        """Take bytes of the value that is open; they are gone afterwards."""
        ...

    def close_value(self) -> None:
        """End the value that is open."""
        ...

    def take_pdu(self, kind: PduType, body: bytes) -> None:
        """Take a PDU that is no P-DATA-TF, without its header."""
        ...


class Framing:
    """Cuts the bytes of one connection into PDUs (PS3.8 §9.3.1, §9.3.5).

    Parameters
    ----------
    handler
        Who takes them.
    """

    __slots__ = (
        "_body",
        "_handler",
        "_head",
        "_is_taken",
        "_kind",
        "_pdu_left",
        "_value_left",
        "is_stopped",
    )

    def __init__(self, handler: PduHandler) -> None:
        self._handler = handler
        self._head = bytearray()
        self._kind = 0
        self._body = bytearray()
        self._pdu_left = 0
        self._value_left = 0
        self._is_taken = True
        self.is_stopped = False

    @property
    def is_within_pdu(self) -> bool:
        """Has a PDU begun that is not whole?"""
        return bool(self._head) or self._kind != 0

    def feed(self, data: memoryview) -> None:
        """Take the bytes of one read.

        Raises
        ------
        MalformedPdu
            If what came is no PDU; nothing may be fed afterwards.
        """
        while data and not self.is_stopped:
            if self._value_left:
                data = self._feed_value(data)
            elif self._kind == _P_DATA and not self._is_taken:
                data = self._pass_over(data)
            elif self._kind and self._kind != _P_DATA:
                data = self._feed_body(data)
            else:
                data = self._feed_header(data)

    def _feed_header(self, data: memoryview) -> memoryview:
        # Either the header of a PDU or that of a value: both have six bytes.
        if not self._head and len(data) >= _HEADER_BYTES:
            # Only its first bytes are looked at.
            head, rest = data, data[_HEADER_BYTES:]
        else:
            missing = _HEADER_BYTES - len(self._head)
            self._head += data[:missing]
            rest = data[missing:]
            if len(self._head) < _HEADER_BYTES:
                return rest
            head, self._head = memoryview(bytes(self._head)), bytearray()
        if self._kind == _P_DATA:
            self._open_value(head)
        else:
            self._open_pdu(head)
        return rest

    def _open_pdu(self, head: memoryview) -> None:
        number, length = _PDU.unpack_from(head)
        kind = _KINDS.get(number)
        if kind is None:
            raise MalformedPdu(AbortReason.UNRECOGNIZED_PDU, f"a PDU has the type {number}")
        longest = _LONGEST_BYTES if kind is PduType.P_DATA_TF else _LONGEST_HELD_BYTES
        if length > longest or (kind in _SHORT and length != _SHORT_BYTES):
            raise _refuse(f"a PDU of type {number} has {length} bytes")
        if length < _HEADER_BYTES and kind not in _SHORT:
            raise _refuse(f"a PDU of type {number} has only {length} bytes")
        self._kind, self._pdu_left = number, length
        if kind is PduType.P_DATA_TF:
            self._is_taken = self._handler.begin_p_data()

    def _open_value(self, head: memoryview) -> None:
        length, context_id, flags = _VALUE.unpack_from(head)
        left = self._pdu_left - _HEADER_BYTES - (length - _VALUE_HEADER)
        if length < _VALUE_HEADER or left < 0:
            raise _refuse("a presentation data value does not fit into its PDU")
        if 0 < left < _HEADER_BYTES:
            raise _refuse("a P-DATA-TF PDU has bytes behind its last value")
        self._handler.open_value(context_id, flags)
        self._pdu_left = left
        self._value_left = length - _VALUE_HEADER
        if not self._value_left:
            self._close_value()

    def _feed_value(self, data: memoryview) -> memoryview:
        fragment = data[: self._value_left]
        self._handler.write_value(fragment)
        self._value_left -= len(fragment)
        if not self._value_left:
            self._close_value()
        return data[len(fragment) :]

    def _close_value(self) -> None:
        if not self._pdu_left:
            self._kind = 0
        self._handler.close_value()

    def _pass_over(self, data: memoryview) -> memoryview:
        passed = min(len(data), self._pdu_left)
        self._pdu_left -= passed
        if not self._pdu_left:
            self._kind = 0
        return data[passed:]

    def _feed_body(self, data: memoryview) -> memoryview:
        part = data[: self._pdu_left]
        self._body += part
        self._pdu_left -= len(part)
        if not self._pdu_left:
            body, self._body = bytes(self._body), bytearray()
            kind, self._kind = _KINDS[self._kind], 0
            self._handler.take_pdu(kind, body)
        return data[len(part) :]


def _refuse(message: str) -> MalformedPdu:
    return MalformedPdu(AbortReason.INVALID_PARAMETER_VALUE, message)
