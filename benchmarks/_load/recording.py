"""What is sent, encoded once: the request of a console, and an image whose UIDs are patched.

Encoded by the standard's text alone and by nothing of the gateway, so that a mistake there is not
repeated here. After the first time an image costs a copy of its first kilobytes. It loads little:
a crowd is soon there.
"""

import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self

UID_BYTES = 44
"""Of each UID that is patched; even, so that none is padded."""
IMAGE_CONTEXT = 1
"""The presentation context of the images."""

_LEAST = 10**38
_MOST_PDU_BYTES = 131_072
"""No larger ones are sent, whatever the peer allows; DCMTK does the same."""
_PDV_HEADER_BYTES = 6
_COMMAND, _LAST = 0x01, 0x02
_IMPLEMENTATION = b"2.25.171300012345678901234567890123456789"
_APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
_EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
# What a CT console makes beside its images, in the syntaxes that it knows.
_OTHERS = (
    "1.2.840.10008.5.1.4.1.1.7",  # secondary capture
    "1.2.840.10008.5.1.4.1.1.2.1",  # enhanced CT
    "1.2.840.10008.5.1.4.1.1.88.67",  # dose report
    "1.2.840.10008.5.1.4.1.1.88.11",  # text report
    "1.2.840.10008.5.1.4.1.1.88.59",  # key objects
    "1.2.840.10008.5.1.4.1.1.11.1",  # presentation state
)
_OTHER_SYNTAXES = (_EXPLICIT_LITTLE, "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.70")


class Uids(NamedTuple):
    """The UIDs of one image, each of `UID_BYTES` characters."""

    study: str
    series: str
    instance: str


def draw_long_uid() -> str:
    """Draw a UID of `UID_BYTES` characters (PS3.5 §B.2: 2.25 and up to 128 bits)."""
    return f"2.25.{_LEAST + secrets.randbelow((1 << 128) - _LEAST)}"


@dataclass(frozen=True, slots=True)
class Image:
    """One data set, Explicit VR Little Endian, and where its three UIDs stand, from 0."""

    content: bytes
    places: tuple[int, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        places, _, content = path.read_bytes().partition(b"\n")
        return cls(content, tuple(map(int, places.split())))

    def write(self, path: Path) -> None:
        """Write it for another process: a line with the places, then the content."""
        path.write_bytes(" ".join(map(str, self.places)).encode() + b"\n" + self.content)

    def patch(self, uids: Uids) -> bytes:
        """Give the data set of these UIDs."""
        content = bytearray(self.content)
        _put(content, uids, places=self.places)
        return bytes(content)


def encode_request(*, calling: str, called: str) -> bytes:
    """Encode the A-ASSOCIATE-RQ of a console (PS3.8 §9.3.2)."""
    contexts: list[tuple[str, Sequence[str]]] = [(_CT_IMAGE, (_EXPLICIT_LITTLE,))]
    contexts += [(each, _OTHER_SYNTAXES) for each in _OTHERS]
    user = _encode_item(0x51, struct.pack(">I", 16384)) + _encode_item(0x52, _IMPLEMENTATION)
    body = struct.pack(">HH16s16s32x", 1, 0, called.encode().ljust(16), calling.encode().ljust(16))
    body += _encode_item(0x10, _APPLICATION_CONTEXT)
    for number, (abstract, syntaxes) in zip(count(IMAGE_CONTEXT, 2), contexts, strict=False):
        value = struct.pack(">B3x", number) + _encode_item(0x30, abstract.encode())
        value += b"".join(_encode_item(0x40, syntax.encode()) for syntax in syntaxes)
        body += _encode_item(0x20, value)
    return encode_pdu(0x01, body + _encode_item(0x50, user))


def encode_pdu(kind: int, body: bytes) -> bytes:
    """Put the header of a PDU before its body (PS3.8 §9.3.1)."""
    return struct.pack(">BxI", kind, len(body)) + body


class StoreRequests:
    """The C-STORE requests of one image over associations of one PDU size.

    Parameters
    ----------
    image
        What is stored.
    most_pdu_bytes
        What the peer takes at most (PS3.8 §D.1); 0 is no limit.

    Attributes
    ----------
    stall_points
        Lengths that end within a PDU: in its header, in its first part, before its last byte.
    """

    def __init__(self, image: Image, *, most_pdu_bytes: int) -> None:
        most = min(most_pdu_bytes or _MOST_PDU_BYTES, _MOST_PDU_BYTES) - _PDV_HEADER_BYTES
        command = _encode_command(message_id=0, instance=b"?" * UID_BYTES)
        fragments = [image.content[at : at + most] for at in range(0, len(image.content), most)]
        first = _encode_data(command, control=_COMMAND | _LAST)
        start = len(first) + 2 * _PDV_HEADER_BYTES
        patched = max(image.places) + UID_BYTES
        if patched >= len(fragments[0]):
            raise ValueError(f"PDUs of {most_pdu_bytes} bytes: the UIDs are not all in the first")
        self._instance_at = first.index(b"?" * UID_BYTES)
        self._message_id_at = first.index(struct.pack("<HHI", 0, 0x0110, 2)) + 8
        self._places = tuple(start + place for place in image.places)
        stream = first + b"".join(
            _encode_data(each, control=_LAST if each is fragments[-1] else 0) for each in fragments
        )
        self._head, self._tail = stream[: start + patched], stream[start + patched :]
        self.stall_points = (len(first) + 3, start + patched, len(stream) - 1)

    def compose(self, message_id: int, uids: Uids) -> tuple[bytearray, bytes]:
        """Give the bytes of one request in two parts, of which the second is always the same."""
        head = bytearray(self._head)
        struct.pack_into("<H", head, self._message_id_at, message_id)
        _put(head, (uids.instance,), places=(self._instance_at,))
        _put(head, uids, places=self._places)
        return head, self._tail


def _put(content: bytearray, uids: Iterable[str], *, places: Sequence[int]) -> None:
    for place, uid in zip(places, uids, strict=True):
        content[place : place + UID_BYTES] = uid.encode()


def _encode_item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def _encode_data(fragment: bytes, *, control: int) -> bytes:
    """Encode a P-DATA-TF PDU of one PDV (PS3.8 §9.3.5, §E.2)."""
    pdv = struct.pack(">IBB", len(fragment) + 2, IMAGE_CONTEXT, control) + fragment
    return encode_pdu(0x04, pdv)


def _encode_command(*, message_id: int, instance: bytes) -> bytes:
    """Encode the command set of a C-STORE-RQ (PS3.7 §9.3.1.1), Implicit VR Little Endian."""
    elements = (
        (0x0002, _CT_IMAGE.encode() + b"\0" * (len(_CT_IMAGE) % 2)),
        (0x0100, struct.pack("<H", 0x0001)),
        (0x0110, struct.pack("<H", message_id)),
        (0x0700, struct.pack("<H", 0)),
        (0x0800, struct.pack("<H", 0)),
        (0x1000, instance),
    )
    body = b"".join(struct.pack("<HHI", 0, tag, len(value)) + value for tag, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body
