"""A peer that says whatever bytes a test wants, on a plain socket."""

import itertools
import secrets
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from dicom_gateway.dimse.command_set import Command, decode_command
from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.associate import (
    AssociateAccept,
    AssociateRequest,
    ContextResult,
    ProposedContext,
    decode_accept,
    encode_request,
)
from dicom_gateway.upper_layer.pdu import (
    HEADER_BYTES,
    RELEASE_RP,
    RELEASE_RQ,
    Abort,
    PduType,
    decode_abort,
    decode_header,
    decode_p_data,
    encode_p_data,
)
from tests.e2e.association import CT_IMAGE, EXPLICIT_LITTLE, VERIFICATION
from tests.e2e.gateway_process import CALLING, GatewayProcess

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
ECHO, IMAGE, OTHER_IMAGE, REFUSED = 1, 3, 5, 7
"""Ids of the contexts that `make_associate_request` proposes; the last one is refused."""
NEVER_PROPOSED = 99
_REFUSED_CLASS = "1.2.840.10008.5.1.4.1.2.2.1"
_PATIENCE_S = 20.0
_numbers = itertools.count(1)
_RUN = secrets.randbelow(10**12)


class Pdu(NamedTuple):
    """A PDU as it came."""

    kind: int
    body: bytes


def make_associate_request(**changes: object) -> AssociateRequest:
    """Propose verification, CT images twice, and a query that the gateway does not offer."""
    values: dict[str, object] = {
        "called_ae_title": "ASTREINTE",
        "calling_ae_title": CALLING,
        "implementation_class_uid": "1.2.3.4",
        "contexts": (
            ProposedContext(ECHO, VERIFICATION, (IMPLICIT_LITTLE,)),
            ProposedContext(IMAGE, CT_IMAGE, (EXPLICIT_LITTLE,)),
            ProposedContext(OTHER_IMAGE, CT_IMAGE, (EXPLICIT_LITTLE,)),
            ProposedContext(REFUSED, _REFUSED_CLASS, (IMPLICIT_LITTLE,)),
        ),
    }
    return AssociateRequest(**{**values, **changes})  # type: ignore[arg-type]


def draw_instance_uid() -> str:
    """Draw a UID that nobody has used."""
    return f"1.2.826.0.1.{_RUN}.{next(_numbers)}"


def encode_image(sop_instance_uid: str, *, size: int = 600) -> bytes:
    """Encode a data set of at least so many bytes that the gateway takes for a CT image."""
    head = b"".join(
        _encode_element(tag, vr, value)
        for tag, vr, value in (
            (0x00080016, b"UI", CT_IMAGE),
            (0x00080018, b"UI", sop_instance_uid),
            (0x00080060, b"CS", "CT"),
            (0x0020000D, b"UI", f"1.2.826.0.2.{_RUN}"),
            (0x0020000E, b"UI", f"1.2.826.0.3.{_RUN}"),
        )
    )
    pixels = bytes(max(size - len(head), 2) & ~1)
    return head + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, len(pixels)) + pixels


def _encode_element(tag: int, vr: bytes, value: str) -> bytes:
    encoded = value.encode() + (b"" if len(value) % 2 == 0 else b"\0" if vr == b"UI" else b" ")
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(encoded)) + encoded


def encode_value(context_id: int, control: int, fragment: bytes) -> bytes:
    """Encode one presentation data value; control: 1 of a command, 2 the last."""
    return struct.pack(">IBB", len(fragment) + 2, context_id, control) + fragment


def wrap(*values: bytes) -> bytes:
    """Wrap presentation data values into one P-DATA-TF."""
    body = b"".join(values)
    return struct.pack(">BxI", PduType.P_DATA_TF, len(body)) + body


def encode_store(sop_instance_uid: str, *, context_id: int = IMAGE, size: int = 600) -> bytes:
    """Encode a whole C-STORE, PDUs of at most 16 kB."""
    return encode_p_data(
        context_id,
        command=encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid=sop_instance_uid),
        data_set=encode_image(sop_instance_uid, size=size),
        max_pdu_bytes=16384,
    )


class RawPeer:
    """An open connection to the gateway."""

    def __init__(self, port: int, *, receive_buffer_bytes: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(_PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()

    def send(self, *contents: bytes) -> None:
        """Send bytes as they are."""
        for each in contents:
            self.socket.sendall(each)

    def is_closed(self) -> bool:
        """Has the gateway closed? What it said until now is passed over."""
        self.socket.settimeout(0.05)
        try:
            while self.socket.recv(4096):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(_PATIENCE_S)
        return True

    def read_pdu(self) -> Pdu | None:
        """Read one PDU; nothing when the gateway has closed."""
        header = self._read(HEADER_BYTES)
        if header is None:
            return None
        kind, length = decode_header(header)
        body = self._read(length) if length else b""
        return None if body is None else Pdu(kind, body)

    def _read(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        missing = size
        while missing:
            try:
                part = self.socket.recv(missing)
            except ConnectionError:
                return None
            if not part:
                return None
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def associate(self, request: AssociateRequest | None = None) -> AssociateAccept:
        """Ask for an association, which must be accepted."""
        return self.associate_raw(encode_request(request or make_associate_request()))

    def associate_raw(self, request: bytes) -> AssociateAccept:
        """Ask for an association with these very bytes; it must be accepted."""
        self.send(request)
        pdu = self.read_pdu()
        assert pdu is not None
        assert pdu.kind == PduType.ASSOCIATE_AC, pdu
        return decode_accept(pdu.body)

    def read_response(self, *, longest: int = 0) -> Command:
        """Read one response, which must come, in PDUs of at most so many bytes (0: any)."""
        command = b""
        while True:
            pdu = self.read_pdu()
            assert pdu is not None
            assert pdu.kind == PduType.P_DATA_TF, pdu
            assert longest == 0 or len(pdu.body) <= longest
            (value,) = decode_p_data(pdu.body)
            assert value.is_command
            command += value.fragment
            if value.is_last:
                return decode_command(command)

    def echo(self) -> int | None:
        """Verify; return the status."""
        self.send(encode_p_data(ECHO, command=encode_echo_request(1)))
        return self.read_response().status

    def store(self, sop_instance_uid: str, *, size: int = 600) -> int | None:
        """Send an image; return the status."""
        self.send_store(sop_instance_uid, size=size)
        return self.read_response().status

    def send_store(self, sop_instance_uid: str, *, size: int = 600) -> None:
        """Send an image, and do not wait for the answer."""
        self.send(encode_store(sop_instance_uid, size=size))

    def release(self) -> None:
        """Release the association, which must be agreed to."""
        self.send(RELEASE_RQ)
        pdu = self.read_pdu()
        assert pdu is not None
        assert (pdu.kind, len(pdu.body)) == (PduType.RELEASE_RP, len(RELEASE_RP) - HEADER_BYTES)

    def expect_abort(self) -> Abort:
        """Read on until the gateway aborts, which it must."""
        while (pdu := self.read_pdu()) is not None:
            if pdu.kind == PduType.ABORT:
                return decode_abort(pdu.body)
        raise AssertionError("the gateway closed without an A-ABORT")

    def expect_close(self) -> Sequence[Pdu]:
        """Read until the gateway closes, which it must; return what it said."""
        said: list[Pdu] = []
        while (pdu := self.read_pdu()) is not None:
            said.append(pdu)
        return said


@contextmanager
def associated(port: int) -> Iterator[RawPeer]:
    """Open an association whose first two contexts are accepted, and the last one refused."""
    with RawPeer(port) as peer:
        accept = peer.associate()
        results = {each.context_id: each.result for each in accept.contexts}
        assert results == {
            ECHO: ContextResult.ACCEPTANCE,
            IMAGE: ContextResult.ACCEPTANCE,
            OTHER_IMAGE: ContextResult.ACCEPTANCE,
            REFUSED: ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED,
        }
        yield peer


def find_part_files(gateway: GatewayProcess) -> list[Path]:
    """Find the data sets that are being received into files; those of the index are its own."""
    (pid,) = gateway.find_pids("reception")
    return list(gateway.layout.incoming.glob(f".*.{pid}.part"))
