"""Arrivals in a spool, kept as the gateway keeps them."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from pydicom import Dataset
from sqlalchemy import select

from app.db.session import Sessions
from app.intake.models import Instance
from app.kit.ids import draw_arrival_id
from app.store.files import write_durably
from dicom_gateway.arrival import Announced, Provenance, make_file_head
from dicom_gateway.spool import Spool
from tests.factories.arrivals import ASSOCIATION_ID
from tests.factories.dicom import ACQUIRED_AT
from tests.factories.encoded import encode_data_set


def spool_one(spool: Spool, dataset: Dataset, *, sender_id: int, second: int = 0) -> Path:
    """Keep one arrival in a file of its own, as the gateway does with a large one."""
    arrival_id, content = make_arrival(dataset, sender_id=sender_id, second=second)
    path = spool.layout.incoming_path(arrival_id)
    write_durably(path, chunks=(content,))
    return path


def make_arrival(dataset: Dataset, *, sender_id: int, second: int = 0) -> tuple[UUID, bytes]:
    """Make the file of an arrival: its identifier and its content."""
    provenance = Provenance(
        arrival_id=draw_arrival_id(),
        association_id=ASSOCIATION_ID,
        sender_id=sender_id,
        calling_ae_title="CT1",
        called_ae_title="ASTREINTE",
        address="10.0.0.1",
        arrived_at=ACQUIRED_AT + timedelta(seconds=second),
    )
    announced = Announced(
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    data_set = encode_data_set(dataset)
    head = make_file_head(announced, provenance=provenance, data_set_bytes=len(data_set))
    return provenance.arrival_id, head + data_set


async def read_rows(sessions: Sessions) -> list[Instance]:
    """Read what is indexed, in the order of arrival."""
    async with sessions() as session:
        return list(await session.scalars(select(Instance).order_by(Instance.arrived_at)))
