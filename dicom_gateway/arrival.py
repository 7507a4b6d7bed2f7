"""An instance as it arrives: the check of its header, and the file that is made of it.

The data set is kept byte for byte. In front of it stands file meta information of our own
(PS3.10 §7.1), which carries who sent it, when and how, so that the file alone is enough to index
it: after a crash, without a database, or years later.
"""

import json
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.intake.domain.attributes import (
    SERIES_INSTANCE_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    UID_TAGS,
    read_uid,
)
from app.intake.domain.header import EXPLICIT_LITTLE, scan_elements
from app.intake.domain.identifiers import check_uid
from app.kit.errors import Invalid

IMPLEMENTATION_CLASS_UID = "2.25.270691168386816070237929616048918418537"
IMPLEMENTATION_VERSION_NAME = "ASTREINTE_1"
_PREAMBLE = b"\0" * 128 + b"DICM"
_LONGEST_META_BYTES = 1 << 16
_GROUP_LENGTH, _TRANSFER_SYNTAX, _PRIVATE = 0x00020000, 0x00020010, 0x00020102
_CALLING, _CALLED, _PEER_ADDRESS = 0x00020017, 0x00020018, 0x00020026
_META_TAGS = frozenset(
    {_GROUP_LENGTH, _TRANSFER_SYNTAX, _CALLING, _CALLED, _PEER_ADDRESS, _PRIVATE}
)
_NAMES = {
    SOP_CLASS_UID: "SOP Class UID",
    SOP_INSTANCE_UID: "SOP Instance UID",
    STUDY_INSTANCE_UID: "Study Instance UID",
    SERIES_INSTANCE_UID: "Series Instance UID",
}


class UidMismatch(Invalid):
    """A UID of the data set is missing, or is not the one of the command."""


class NotAnArrival(Invalid):
    """A file of the spool is not one that we wrote, or was damaged since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What one C-STORE request carries."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: bytes | memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who sent an instance, when, and over which association."""

    arrival_id: uuid.UUID
    association_id: uuid.UUID
    sender_id: int
    calling_ae_title: str
    called_ae_title: str
    address: str
    arrived_at: datetime
    mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalHead:
    """What the file meta information of an arrival says."""

    provenance: Provenance
    transfer_syntax_uid: str
    data_set_at: int


def check_instance(instance: Instance) -> None:
    """Check that the data set is the instance that the command announces.

    Raises
    ------
    UidMismatch
        If a UID is missing in the data set or differs from the command's.
    MalformedUid
        If a UID has not the form of one.

    References
    ----------
    PS3.4 §B.2.3: 0xA900 when the data set does not match; PS3.5 §9.1 for the form.
    """
    found = scan_elements(
        instance.data_set, transfer_syntax_uid=instance.transfer_syntax_uid, wanted=UID_TAGS
    )
    announced = {
        SOP_CLASS_UID: instance.sop_class_uid,
        SOP_INSTANCE_UID: instance.sop_instance_uid,
    }
    for tag, name in _NAMES.items():
        value = read_uid(found, tag)
        if not value:
            raise UidMismatch(f"the data set has no {name}: the sender must add it")
        if announced.get(tag, value) != value:
            raise UidMismatch(f"the {name} of the data set is not the one of the command")
        check_uid(value, name=name)


def make_file_head(instance: Instance, *, provenance: Provenance) -> bytes:
    """Make what stands before the data set: preamble, prefix and file meta information.

    References
    ----------
    PS3.10 §7.1, table 7.1-1; the file meta information is Explicit VR Little Endian.
    """
    note = {
        "arrival": str(provenance.arrival_id),
        "association": str(provenance.association_id),
        "sender": provenance.sender_id,
        "at": provenance.arrived_at.isoformat(),
        **({"mark": provenance.mark} if provenance.mark else {}),
    }
    address = f"dicom://{provenance.address}"
    meta = b"".join(
        (
            _encode(0x00020001, "OB", b"\0\1"),
            _encode(0x00020002, "UI", instance.sop_class_uid.encode()),
            _encode(0x00020003, "UI", instance.sop_instance_uid.encode()),
            _encode(_TRANSFER_SYNTAX, "UI", instance.transfer_syntax_uid.encode()),
            _encode(0x00020012, "UI", IMPLEMENTATION_CLASS_UID.encode()),
            _encode(0x00020013, "SH", IMPLEMENTATION_VERSION_NAME.encode()),
            _encode(0x00020016, "AE", provenance.calling_ae_title.encode()),
            _encode(_CALLING, "AE", provenance.calling_ae_title.encode()),
            _encode(_CALLED, "AE", provenance.called_ae_title.encode()),
            _encode(_PEER_ADDRESS, "UR", address.encode()),
            _encode(0x00020100, "UI", IMPLEMENTATION_CLASS_UID.encode()),
            _encode(_PRIVATE, "OB", json.dumps(note, separators=(",", ":")).encode()),
        )
    )
    return _PREAMBLE + _encode(_GROUP_LENGTH, "UL", struct.pack("<I", len(meta))) + meta


def _encode(tag: int, vr: str, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr in {"UI", "OB"} else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    if vr in {"OB", "UR"}:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def read_file_head(path: Path) -> ArrivalHead:
    """Read the file meta information of an arrival.

    Raises
    ------
    NotAnArrival
        If the file is something else, or damaged.
    """
    with path.open("rb") as file:
        start = file.read(_LONGEST_META_BYTES)
    if not start.startswith(_PREAMBLE):
        raise NotAnArrival(f"{path.name} has no DICOM prefix of ours")
    meta = scan_elements(
        start[len(_PREAMBLE) :], transfer_syntax_uid=EXPLICIT_LITTLE, wanted=_META_TAGS
    )
    try:
        (length,) = struct.unpack("<I", meta[_GROUP_LENGTH])
        return ArrivalHead(
            provenance=_read_provenance(meta),
            transfer_syntax_uid=read_uid(meta, _TRANSFER_SYNTAX),
            data_set_at=len(_PREAMBLE) + 12 + length,
        )
    except (KeyError, ValueError, TypeError, struct.error) as error:
        raise NotAnArrival(f"{path.name} has no file meta information of ours") from error


def _read_provenance(meta: Mapping[int, bytes]) -> Provenance:
    note: dict[str, Any] = json.loads(meta[_PRIVATE].rstrip(b"\0"))
    arrived_at = datetime.fromisoformat(note["at"])
    if arrived_at.tzinfo is None:
        raise ValueError("the instant of arrival has no zone")
    return Provenance(
        arrival_id=uuid.UUID(note["arrival"]),
        association_id=uuid.UUID(note["association"]),
        sender_id=int(note["sender"]),
        calling_ae_title=meta[_CALLING].decode("ascii", errors="replace").strip(),
        called_ae_title=meta[_CALLED].decode("ascii", errors="replace").strip(),
        address=meta[_PEER_ADDRESS].decode("ascii").strip().removeprefix("dicom://"),
        arrived_at=arrived_at,
        # Files that were spooled before there were marks have none.
        mark=note.get("mark"),
    )
