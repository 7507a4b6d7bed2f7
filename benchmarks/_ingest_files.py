"""The files that are sent: one generated CT slice, again and again under fresh UIDs."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from benchmarks._load.image import make_image
from benchmarks._load.recording import Image, Uids, draw_long_uid

_GROUP_LENGTH_ENDS = 144
"""PS3.10 §7.1: 128 bytes, `DICM`, and the group length, whose value is the last 4 of 12 bytes."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, and so must be kept: the studies, and each data set by its digest."""

    studies: tuple[str, ...]
    digests: Counter[bytes]

    @property
    def images(self) -> int:
        """How many there are."""
        return self.digests.total()

    def require_same(self, received: Iterable[Path], *, of: str) -> None:
        """Refuse a receiver's files unless their data sets are exactly those that were sent.

        Raises
        ------
        AssertionError
            Saying how many are missing or are not what was sent.
        """
        found = Counter(digest_data_set(path.read_bytes()) for path in received)
        if found != self.digests:
            missing, strange = self.digests - found, found - self.digests
            raise AssertionError(f"{of}: {missing.total()} missing, {strange.total()} not as sent")


@dataclass(frozen=True, slots=True)
class Load:
    """What one run sends: slices of that many rows and columns, 2 bytes a pixel."""

    images: int
    side: int


class Slices:
    """Files on disk that are the slices of one new study after each call of `renew`.

    Parameters
    ----------
    folder
        Where they lie; made here.
    load
        How many, and how large.
    """

    def __init__(self, folder: Path, *, load: Load) -> None:
        folder.mkdir()
        self.folder = folder
        self.paths = tuple(folder / f"{number:05}.dcm" for number in range(load.images))
        self._image = make_image(load.side)
        self._mark = draw_long_uid()
        self._front = _encode_front(self._mark)

    def renew(self) -> Sent:
        """Write all files anew, as instances of another study that nobody has seen."""
        study, series = draw_long_uid(), draw_long_uid()
        digests: Counter[bytes] = Counter()
        for path in self.paths:
            uids = Uids(study, series, draw_long_uid())
            data_set = self._image.patch(uids)
            front = self._front.replace(self._mark.encode(), uids.instance.encode())
            path.write_bytes(front + data_set)
            digests[hashlib.sha256(data_set).digest()] += 1
        return Sent((study,), digests)


def _encode_front(sop_instance_uid: str) -> bytes:
    """Encode the preamble and the file meta information (PS3.10 §7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    encoded = DicomBytesIO()
    write_file_meta_info(encoded, meta)
    return bytes(128) + b"DICM" + encoded.getvalue()


def digest_image(image: Image, uids: Uids) -> bytes:
    """Digest the data set of these UIDs."""
    return hashlib.sha256(image.patch(uids)).digest()


def digest_data_set(content: bytes) -> bytes:
    """Digest what stands behind the file meta information."""
    length = int.from_bytes(content[_GROUP_LENGTH_ENDS - 4 : _GROUP_LENGTH_ENDS], "little")
    return hashlib.sha256(memoryview(content)[_GROUP_LENGTH_ENDS + length :]).digest()
