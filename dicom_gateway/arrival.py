"""An instance as it arrives: the check of its header, and the file that is made of it.

The data set is kept byte for byte. In front of it stands file meta information of our own
(PS3.10 §7.1), which carries who sent it, when and how, so that the file alone is enough to index
it: after a crash, without a database, or years later.
"""

import json
import os
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
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
from app.intake.domain.header import DEFLATED, EXPLICIT_LITTLE, inflate, scan_elements
from app.intake.domain.identifiers import check_uid
from app.kit.errors import Invalid
from app.store.files import Bytes

IMPLEMENTATION_CLASS_UID = "2.25.270691168386816070237929616048918418537"
IMPLEMENTATION_VERSION_NAME = "ASTREINTE_1"
_PREAMBLE_BYTES, _PREFIX = 128, b"DICM"
_LENGTH_MARK = b"ASTREINT"
_INFLATED_BYTES = 64 << 10
_LONGEST_META_BYTES = 1 << 16
_GROUP_LENGTH, _TRANSFER_SYNTAX, _PRIVATE = 0x00020000, 0x00020010, 0x00020102
_CALLING, _CALLED, _PEER_ADDRESS = 0x00020017, 0x00020018, 0x00020026
_META_CLASS, _META_INSTANCE = 0x00020002, 0x00020003
_write_json = json.JSONEncoder(separators=(",", ":")).encode
_META_TAGS = frozenset(
    {_GROUP_LENGTH, _TRANSFER_SYNTAX, _CALLING, _CALLED, _PEER_ADDRESS, _PRIVATE}
    | {_META_CLASS, _META_INSTANCE}
)
_NAMES = {
    SOP_CLASS_UID: "SOP Class UID",
    SOP_INSTANCE_UID: "SOP Instance UID",
    STUDY_INSTANCE_UID: "Study Instance UID",
    SERIES_INSTANCE_UID: "Series Instance UID",
}


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
    announced: "Announced"
    data_set_at: int


class UidMismatch(Invalid):
    """A UID of the data set is missing, or is not the one of the command."""


class NotAnArrival(Invalid):
    """A file of the spool is not one that we wrote, or was damaged since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a C-STORE request says of the data set that follows it."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class FoundUids:
    """The UIDs of a data set, as far as its bytes have come.

    Parameters
    ----------
    values
        By tag, without padding; those that are missing or empty are absent.
    is_end_of_search
        Will more bytes show no more of them? They stand too far back in what was deflated.
    """

    values: Mapping[int, str]
    is_end_of_search: bool = False

    @property
    def are_complete(self) -> bool:
        """Are all four there?"""
        return len(self.values) == len(UID_TAGS)


def find_uids(data_set: Bytes, *, transfer_syntax_uid: str) -> FoundUids:
    """Look for the four UIDs at the beginning of a data set; no more than 64 kB are inflated."""
    is_cut = False
    if transfer_syntax_uid in DEFLATED:
        data_set = inflate(data_set, most=_INFLATED_BYTES)
        is_cut = len(data_set) >= _INFLATED_BYTES
        transfer_syntax_uid = EXPLICIT_LITTLE
    with memoryview(data_set) as view:
        found = scan_elements(view, transfer_syntax_uid=transfer_syntax_uid, wanted=UID_TAGS)
    values = {tag: uid for tag in UID_TAGS if (uid := read_uid(found, tag))}
    return FoundUids(values, is_end_of_search=is_cut)


def check_uids(found: FoundUids, announced: Announced) -> None:
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
    said = {
        SOP_CLASS_UID: announced.sop_class_uid,
        SOP_INSTANCE_UID: announced.sop_instance_uid,
    }
    for tag, name in _NAMES.items():
        value = found.values.get(tag)
        if not value:
            raise UidMismatch(f"the data set has no {name}: the sender must add it")
        if said.get(tag, value) != value:
            raise UidMismatch(f"the {name} of the data set is not the one of the command")
        check_uid(value, name=name)


def make_file_head(
    instance: Announced, *, provenance: Provenance, data_set_bytes: int | None = None
) -> bytes:
    """Make what stands before the data set: preamble, prefix and file meta information.

    Parameters
    ----------
    instance, provenance
        What it is, and where it comes from.
    data_set_bytes
        How long the data set is; missing while that is not known (`PartFile.name` adds it).

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
    meta = b"".join(
        (
            _OF_EVERY_FILE,
            _encode(0x00020002, "UI", instance.sop_class_uid.encode()),
            _encode(0x00020003, "UI", instance.sop_instance_uid.encode()),
            _encode(_TRANSFER_SYNTAX, "UI", instance.transfer_syntax_uid.encode()),
            _encode_origin(
                provenance.calling_ae_title, provenance.called_ae_title, provenance.address
            ),
            _encode(_PRIVATE, "OB", _write_json(note).encode()),
        )
    )
    length = b"" if data_set_bytes is None else write_length(data_set_bytes)
    preamble = length.ljust(_PREAMBLE_BYTES, b"\0") + _PREFIX
    return preamble + _encode(_GROUP_LENGTH, "UL", struct.pack("<I", len(meta))) + meta


def write_length(data_set_bytes: int) -> bytes:
    """Write what stands first in the preamble of a whole arrival: a mark, and 8 bytes of length.

    A name may reach the disk before the data (ADR-0020): by its length, what a power cut left
    behind is known for what it is. PS3.10 §7.1 leaves the preamble to the implementation.
    """
    return _LENGTH_MARK + struct.pack("<Q", data_set_bytes)


def _encode(tag: int, vr: str, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr in {"UI", "OB"} else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    if vr in {"OB", "UR"}:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


_OF_EVERY_FILE = _encode(0x00020001, "OB", b"\0\1")


@lru_cache(maxsize=1000)
def _encode_origin(calling: str, called: str, address: str) -> bytes:
    """Encode what all files of an association share."""
    return b"".join(
        (
            _encode(0x00020012, "UI", IMPLEMENTATION_CLASS_UID.encode()),
            _encode(0x00020013, "SH", IMPLEMENTATION_VERSION_NAME.encode()),
            _encode(0x00020016, "AE", calling.encode()),
            _encode(_CALLING, "AE", calling.encode()),
            _encode(_CALLED, "AE", called.encode()),
            _encode(_PEER_ADDRESS, "UR", f"dicom://{address}".encode()),
            _encode(0x00020100, "UI", IMPLEMENTATION_CLASS_UID.encode()),
        )
    )


def read_file_head(path: Path) -> ArrivalHead:
    """Read the file meta information of an arrival.

    Raises
    ------
    NotAnArrival
        If the file is something else, or damaged.
    """
    with path.open("rb") as file:
        start = file.read(_LONGEST_META_BYTES)
        size = os.fstat(file.fileno()).st_size
    meta_at = _PREAMBLE_BYTES + len(_PREFIX)
    if start[_PREAMBLE_BYTES:meta_at] != _PREFIX:
        raise NotAnArrival(f"{path.name} has no DICOM prefix of ours")
    meta = scan_elements(start[meta_at:], transfer_syntax_uid=EXPLICIT_LITTLE, wanted=_META_TAGS)
    try:
        (length,) = struct.unpack("<I", meta[_GROUP_LENGTH])
        head = ArrivalHead(
            provenance=_read_provenance(meta),
            announced=Announced(
                sop_class_uid=read_uid(meta, _META_CLASS),
                sop_instance_uid=read_uid(meta, _META_INSTANCE),
                transfer_syntax_uid=read_uid(meta, _TRANSFER_SYNTAX),
            ),
            data_set_at=meta_at + 12 + length,
        )
    except (KeyError, ValueError, TypeError, struct.error) as error:
        raise NotAnArrival(f"{path.name} has no file meta information of ours") from error
    _check_length(start, size - head.data_set_at, name=path.name)
    return head


def _check_length(start: bytes, found: int, *, name: str) -> None:
    # Arrivals of before say no length.
    if start.startswith(_LENGTH_MARK):
        (said,) = struct.unpack_from("<Q", start, len(_LENGTH_MARK))
        if said != found:
            raise NotAnArrival(f"{name} was cut off: it has {found} of {said} bytes")


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
