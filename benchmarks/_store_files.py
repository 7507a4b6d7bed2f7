"""The files that are sent: one generated CT slice, again and again under fresh UIDs."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmwrite
from pydicom.uid import UID

from app.demo.images.exams import MAIN
from app.demo.images.phantom import iterate_head_ct
from app.kit.clock import read_host_clock
from app.kit.ids import draw_uid
from benchmarks._studies import shrink

_UID_LENGTH = 44
_GROUP_LENGTH_ENDS = 144
"""PS3.10 §7.1: 128 bytes, `DICM`, and the group length, whose value is the last 4 of 12 bytes."""


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
        self.study_instance_uid = _draw_long_uid()
        self.digests: Counter[bytes] = Counter()
        slice_ = _make_slice(load.side, study_instance_uid=self.study_instance_uid)
        dcmwrite(folder / "00000.dcm", slice_, enforce_file_format=True)
        self._template = (folder / "00000.dcm").read_bytes()
        self._sop_instance_uid = str(slice_.SOPInstanceUID).encode()

    def renew(self) -> None:
        """Write all files anew, as instances of another study that nobody has seen."""
        fresh = _draw_long_uid()
        content = self._template.replace(self.study_instance_uid.encode(), fresh.encode())
        self.study_instance_uid, self._template = fresh, content
        self.digests = Counter()
        for path in self.paths:
            image = content.replace(self._sop_instance_uid, _draw_long_uid().encode())
            path.write_bytes(image)
            self.digests[digest_data_set(image)] += 1

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


def digest_data_set(content: bytes) -> bytes:
    """Digest what stands behind the file meta information."""
    length = int.from_bytes(content[_GROUP_LENGTH_ENDS - 4 : _GROUP_LENGTH_ENDS], "little")
    return hashlib.sha256(memoryview(content)[_GROUP_LENGTH_ENDS + length :]).digest()


def _draw_long_uid() -> str:
    # All of one length, so that one can take another's place in an encoded file.
    while len(uid := draw_uid()) != _UID_LENGTH:
        pass
    return uid


def _make_slice(side: int, *, study_instance_uid: str) -> Dataset:
    identity = MAIN.draw_identity(acquired_at=read_host_clock())
    image = next(iter(iterate_head_ct(identity, slices=1)))
    image.StudyInstanceUID = UID(study_instance_uid)
    image.SOPInstanceUID = UID(_draw_long_uid())
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    shrink(image, side=side)
    return image
