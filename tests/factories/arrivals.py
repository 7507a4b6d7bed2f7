"""Arrivals as the gateway's index reads them from the spool."""

import hashlib
import uuid
from datetime import datetime, timedelta

from pydicom import Dataset

from app.intake.domain.arrival import ArrivedInstance
from app.intake.domain.attributes import INDEXED, read_attributes
from app.intake.domain.completeness import Waits
from app.intake.domain.header import EXPLICIT_LITTLE, scan_elements
from app.kit.ids import draw_arrival_id
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice
from tests.factories.encoded import encode_data_set

WAITS = Waits({"CT": timedelta(seconds=60)}, otherwise=timedelta(seconds=600))
ASSOCIATION_ID = uuid.UUID("019aa9d4-0000-7000-8000-000000000001")


def make_arrival(
    dataset: Dataset | None = None,
    *,
    sender_id: int,
    arrived_at: datetime = ACQUIRED_AT,
    called_ae_title: str = "ASTREINTE",
    arrival_id: uuid.UUID | None = None,
) -> ArrivedInstance:
    """Build what the index hands over for one data set."""
    data = encode_data_set(dataset if dataset is not None else make_ct_slice())
    elements = scan_elements(data, transfer_syntax_uid=EXPLICIT_LITTLE, wanted=INDEXED)
    arrival_id = arrival_id or draw_arrival_id()
    return ArrivedInstance(
        arrival_id=arrival_id,
        association_id=ASSOCIATION_ID,
        sender_id=sender_id,
        calling_ae_title="CT1",
        called_ae_title=called_ae_title,
        address="127.0.0.1",
        arrived_at=arrived_at,
        transfer_syntax_uid=EXPLICIT_LITTLE,
        attributes=read_attributes(elements),
        digest=hashlib.sha256(data).digest(),
        size_bytes=len(data),
        path=f"store/aa/bb/{arrival_id}.dcm",
    )
