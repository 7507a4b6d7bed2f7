"""A modality in this process: pynetdicom as SCU, which sends bytes as they are."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import cast

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from app.adapters.dicom.association import hand_on_rejection
from tests.e2e.gateway_process import CALLING

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"


@contextmanager
def associate(
    port: int,
    *abstract_syntaxes: str,
    transfer_syntax: str = EXPLICIT_LITTLE,
    calling: str = CALLING,
    called: str = "ASTREINTE",
) -> Iterator[Association]:
    """Open an association; whether it was accepted is for the test to see."""
    entity = ApplicationEntity(calling)
    entity.dimse_timeout = entity.acse_timeout = 20
    for each in abstract_syntaxes:
        entity.add_requested_context(each, transfer_syntax)
    opened: list[socket.socket] = []
    association = entity.associate(
        "127.0.0.1", port, ae_title=called, evt_handlers=[(evt.EVT_CONN_OPEN, note, [opened])]
    )
    hand_on_rejection(association)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()
        for connection in opened:
            connection.close()


def note(event: evt.Event, opened: list[socket.socket]) -> None:
    """Remember the socket: pynetdicom forgets to close it when the peer was first."""
    transport = event.assoc.dul.socket
    if transport is not None and transport.socket is not None:
        opened.append(transport.socket)


@contextmanager
def paused(association: Association) -> Iterator[None]:
    """Let the association's own thread wait, as send_c_store() does: it would take the answer."""
    association._reactor_checkpoint.clear()  # noqa: SLF001
    while not association._is_paused:  # noqa: SLF001
        time.sleep(0.001)
    try:
        yield
    finally:
        association._reactor_checkpoint.set()  # noqa: SLF001


def store(
    association: Association,
    data_set: bytes,
    *,
    sop_instance_uid: str,
    sop_class_uid: str = CT_IMAGE,
) -> int:
    """Send a C-STORE with these very bytes; return the status."""
    request = C_STORE()
    request.MessageID = 1
    request.AffectedSOPClassUID = sop_class_uid
    request.AffectedSOPInstanceUID = sop_instance_uid
    request.Priority = 0
    request.DataSet = BytesIO(data_set)
    (context,) = (
        each for each in association.accepted_contexts if each.abstract_syntax == sop_class_uid
    )
    with paused(association):
        association.dimse.send_msg(request, cast("int", context.context_id))
        _, answer = association.dimse.get_msg(block=True)
    assert isinstance(answer, C_STORE)
    assert answer.Status is not None
    return int(answer.Status)


def encode_associate_request() -> bytes:
    """Encode an A-ASSOCIATE-RQ for verification (PS3.8 §9.3.2)."""

    def item(kind: int, value: bytes) -> bytes:
        return struct.pack(">BBH", kind, 0, len(value)) + value

    context = b"\x01\0\0\0" + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2")
    user = item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3.4")
    body = (
        struct.pack(">HH16s16s32x", 1, 0, b"ASTREINTE".ljust(16), b"CT1".ljust(16))
        + item(0x10, b"1.2.840.10008.3.1.1.1")
        + item(0x20, context)
        + item(0x50, user)
    )
    return struct.pack(">BBI", 1, 0, len(body)) + body


def encode_store_command(*, sop_instance_uid: bytes) -> bytes:
    """Encode a C-STORE-RQ (PS3.7 §9.3.1.1; commands are Implicit VR Little Endian)."""
    elements = (
        (0x0002, CT_IMAGE.encode() + b"\0"),
        (0x0100, struct.pack("<H", 1)),
        (0x0110, struct.pack("<H", 1)),
        (0x0700, struct.pack("<H", 0)),
        (0x0800, struct.pack("<H", 1)),
        (0x1000, sop_instance_uid),
    )
    body = b"".join(struct.pack("<HHI", 0, tag, len(value)) + value for tag, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body
