"""All data sets in pydicom's wheel, as a modality would send them."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import FileMetaDataset

from tests.e2e.association import EXPLICIT_LITTLE
from tests.e2e.gateway_process import read_data_set

_FOLDER = Path(pydicom.__file__).parent / "data"
# Data sets without file meta information: how each is encoded is known from pydicom's notes.
_BARE = {
    "rtstruct.dcm": "1.2.840.10008.1.2",
    "ExplVR_LitEndNoMeta.dcm": EXPLICIT_LITTLE,
    "ExplVR_BigEndNoMeta.dcm": "1.2.840.10008.1.2.2",
}
# Neither the data set nor anything before it names a SOP class: nobody could propose a context.
NAMELESS = frozenset({"empty_charset_LEI.dcm", "meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm"})


@dataclass(frozen=True, slots=True)
class WheelFile:
    """One data set, and what the command that sends it announces."""

    name: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: bytes


def read_wheel() -> list[WheelFile]:
    """Read every file of the wheel that holds a data set and names its class."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = sorted(path for path in _FOLDER.rglob("*") if path.is_file())
        return [found for path in paths for found in _read_one(path) if found.name not in NAMELESS]


def _read_one(path: Path) -> Iterator[WheelFile]:
    whole = path.read_bytes()
    if path.name in _BARE:
        syntax, data_set = _BARE[path.name], whole
    elif whole[128:132] == b"DICM":
        syntax, data_set = "", read_data_set(path)
    else:
        return
    read = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    meta = getattr(read, "file_meta", FileMetaDataset())
    yield WheelFile(
        name=path.name,
        # As storescu and pynetdicom do: some files have another UID in front than inside.
        sop_class_uid=str(read.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID", "")),
        sop_instance_uid=str(
            read.get("SOPInstanceUID") or meta.get("MediaStorageSOPInstanceUID", "")
        ),
        transfer_syntax_uid=syntax or str(meta.get("TransferSyntaxUID", "")),
        data_set=data_set,
    )
