"""An association that we open loses no answer."""

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.acse import ACSE
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]

from app.adapters.dicom.association import (
    NoAssociationError,
    Patience,
    associate,
    open_association,
    propose,
)
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination
from tests.factories.dicom import write_ct_study

if TYPE_CHECKING:
    from pynetdicom.association import Association

OBJECTS = 8


def test_an_answer_that_pynetdicoms_own_thread_takes_reaches_the_sender(tmp_path: Path) -> None:
    write_ct_study(tmp_path, slices=OBJECTS)
    sending: list[Association] = []

    def answer(_event: evt.Event) -> int:
        # The sender's other thread runs while the answer is awaited, as when it is let go late.
        sending[0]._reactor_checkpoint.set()  # noqa: SLF001 - the race itself
        sleep(0.02)
        return 0x0000

    entity = AE(ae_title="NODE")
    entity.add_supported_context(CTImageStorage, ExplicitVRLittleEndian)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, answer)]
    )
    assert server is not None
    to = Destination("NODE", "127.0.0.1", server.server_address[1])
    contexts = [propose(CTImageStorage, transfer_syntax=ExplicitVRLittleEndian)]

    with open_association(
        to, calling_ae_title="X", contexts=contexts, patience=Patience(dimse_s=5)
    ) as association:
        sending.append(association)
        statuses = [
            association.send_c_store(image).get("Status")
            for image in sorted(tmp_path.iterdir())
            if association.is_established
        ]
    server.shutdown()

    assert statuses == [0x0000] * OBJECTS


def test_a_rejection_that_is_read_before_it_is_awaited_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = ACSE.send_request

    def ask_and_be_held_up(acse: ACSE) -> None:
        ask(acse)
        # The other thread connects, reads the rejection and closes the connection meanwhile.
        acse.dul.join(timeout=10)

    monkeypatch.setattr(ACSE, "send_request", ask_and_be_held_up)
    entity = AE(ae_title="NODE")
    entity.add_supported_context(CTImageStorage, ExplicitVRLittleEndian)
    entity.require_called_aet = True
    server = entity.start_server(("127.0.0.1", 0), block=False)
    assert server is not None
    to = Destination("ELSEWHERE", "127.0.0.1", server.server_address[1])
    contexts = [propose(CTImageStorage, transfer_syntax=ExplicitVRLittleEndian)]

    with pytest.raises(NoAssociationError, match="its AE title is another one") as refusal:
        associate(to, calling_ae_title="X", contexts=contexts, patience=Patience())
    server.shutdown()

    assert refusal.value.outcome is Outcome.REJECTED
