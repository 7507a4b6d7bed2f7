"""A modality in this process: pynetdicom as SCU, which sends bytes as they are."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import cast

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

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
    # As send_c_store() does: else the association's own thread takes the answer.
    association._reactor_checkpoint.clear()  # noqa: SLF001
    while not association._is_paused:  # noqa: SLF001
        time.sleep(0.001)
    association.dimse.send_msg(request, cast("int", context.context_id))
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()  # noqa: SLF001
    assert isinstance(answer, C_STORE)
    assert answer.Status is not None
    return int(answer.Status)
