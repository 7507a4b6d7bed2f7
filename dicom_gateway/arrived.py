"""What the index keeps of one file of the spool, read in one go through it."""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from app.intake.domain.arrival import ArrivedInstance
from app.intake.domain.attributes import (
    INDEXED,
    SERIES_INSTANCE_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    Attributes,
    read_attributes,
)
from app.intake.domain.header import scan_elements
from app.store.files import digest
from app.store.layout import Layout
from dicom_gateway.arrival import FoundUids, check_uids, read_file_head

_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 4 << 20
"""What is read of a data set at first: all that we want stands before the pixels."""


def read_arrival(path: Path, *, layout: Layout) -> ArrivedInstance:
    """Read what the index keeps of one file of the spool.

    Raises
    ------
    NotAnArrival
        If it is no file of ours.
    UidMismatch, MalformedUid
        If a UID of its data set is missing, malformed, or not the one that was announced: it
        stood so far back that the reception could not check it, or was damaged since.
    """
    head = read_file_head(path)
    with path.open("rb") as file:
        file.seek(head.data_set_at)
        attributes, content_digest = _read_data_set(file, head.announced.transfer_syntax_uid)
        size_bytes = file.tell()
    check_uids(_find_uids(attributes), head.announced)
    origin = head.provenance
    return ArrivedInstance(
        arrival_id=origin.arrival_id,
        association_id=origin.association_id,
        sender_id=origin.sender_id,
        calling_ae_title=origin.calling_ae_title,
        called_ae_title=origin.called_ae_title,
        address=origin.address,
        arrived_at=origin.arrived_at,
        mark=origin.mark,
        transfer_syntax_uid=head.announced.transfer_syntax_uid,
        attributes=attributes,
        digest=content_digest,
        size_bytes=size_bytes,
        path=layout.relative(layout.stored_path(origin.arrival_id)),
    )


def _find_uids(attributes: Attributes) -> FoundUids:
    return FoundUids(
        {
            SOP_CLASS_UID: attributes.sop_class_uid,
            SOP_INSTANCE_UID: attributes.sop_instance_uid,
            STUDY_INSTANCE_UID: attributes.study_instance_uid,
            SERIES_INSTANCE_UID: attributes.series_instance_uid,
        }
    )


def _read_data_set(file: BinaryIO, transfer_syntax_uid: str) -> tuple[Attributes, bytes]:
    """Read what we want of a data set, and its digest, in one go through the file."""
    start = file.read(_HEAD_BYTES)
    found = scan_elements(start, transfer_syntax_uid=transfer_syntax_uid, wanted=INDEXED)
    if max(found, default=0) < SERIES_INSTANCE_UID and len(start) == _HEAD_BYTES:
        # What we want stands behind something large: then all of it is read.
        start += file.read()
        found = scan_elements(start, transfer_syntax_uid=transfer_syntax_uid, wanted=INDEXED)
    rest = iter(partial(file.read, _CHUNK_BYTES), b"")
    return read_attributes(found), digest(chain((start,), rest))
