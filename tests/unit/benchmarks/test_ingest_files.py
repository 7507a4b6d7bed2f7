"""The files that are sent: fresh each time, and nothing that lacks or differs goes unseen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from benchmarks._ingest_files import Load, Sent, Slices, digest_data_set

LOAD = Load(images=3, side=16)


@pytest.fixture
def slices(tmp_path: Path) -> Slices:
    return Slices(tmp_path / "files", load=LOAD)


def read_uids(slices: Slices) -> Iterator[tuple[str, str, str]]:
    for path in slices.paths:
        image = dcmread(path)
        assert image.file_meta.MediaStorageSOPInstanceUID == image.SOPInstanceUID
        assert image.file_meta.MediaStorageSOPClassUID == image.SOPClassUID == CTImageStorage
        assert image.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        assert (image.Rows, len(image.PixelData)) == (16, 512)
        yield image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID


def test_each_renewal_is_one_new_study(slices: Slices) -> None:
    seen: set[str] = set()
    for _ in range(2):
        sent = slices.renew()
        studies, series, instances = map(set, zip(*read_uids(slices), strict=True))

        assert sent.studies == tuple(studies)
        assert (len(series), len(instances), sent.images) == (1, LOAD.images, LOAD.images)
        assert seen.isdisjoint(studies | series | instances)
        seen |= studies | series | instances


def test_what_was_sent_is_the_same_in_any_order(slices: Slices) -> None:
    sent = slices.renew()

    sent.require_same(reversed(slices.paths), of="the receiver")


def test_a_file_that_lacks_is_told(slices: Slices) -> None:
    sent = slices.renew()

    with pytest.raises(AssertionError, match="the receiver: 1 missing, 0 not as sent"):
        sent.require_same(slices.paths[1:], of="the receiver")


def test_a_file_that_is_kept_twice_is_told(slices: Slices) -> None:
    sent = slices.renew()

    with pytest.raises(AssertionError, match="0 missing, 1 not as sent"):
        sent.require_same([*slices.paths, slices.paths[0]], of="the receiver")


def test_one_changed_byte_is_told_wherever_it_is(slices: Slices) -> None:
    sent = slices.renew()
    content = bytearray(slices.paths[0].read_bytes())
    content[-1] ^= 1
    slices.paths[0].write_bytes(content)

    with pytest.raises(AssertionError, match="1 missing, 1 not as sent"):
        sent.require_same(slices.paths, of="the receiver")


def test_the_file_meta_information_is_the_receivers_own(slices: Slices, tmp_path: Path) -> None:
    sent = slices.renew()
    image = dcmread(slices.paths[0])
    image.file_meta.SourceApplicationEntityTitle = "SOMEBODY"
    image.save_as(tmp_path / "kept.dcm")

    assert digest_data_set((tmp_path / "kept.dcm").read_bytes()) in sent.digests
    assert isinstance(sent, Sent)
