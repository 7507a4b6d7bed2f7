"""Real files: the ones that travel with pydicom, as scanners and toolkits wrote them."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, FileDataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import (
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from app.adapters.pixels import images
from app.adapters.pixels.worker import compare
from tests.factories.dicom import Patient, make_ct_slice, make_ct_study

STUDY = make_ct_study(rows=64)


def find(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return Path(found)


def write(folder: Path, dataset: Dataset, name: str = "other.dcm") -> Path:
    path = folder / name
    dataset.save_as(path, enforce_file_format=True)
    return path


def make_slice(**attributes: object) -> FileDataset:
    dataset = make_ct_slice(STUDY, sop_instance_uid="1.2.3")
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MR_small.dcm", "MR_small_RLE.dcm"),
        ("MR_small.dcm", "MR_small_jp2klossless.dcm"),
        ("MR_small.dcm", "MR_small_jpeg_ls_lossless.dcm"),
        ("MR_small.dcm", "MR_small_implicit.dcm"),
        ("MR_small.dcm", "MR_small_bigendian.dcm"),
        ("MR_small_RLE.dcm", "MR_small_jp2klossless.dcm"),
        ("rtdose.dcm", "rtdose_rle.dcm"),
        ("rtdose_1frame.dcm", "rtdose_expb_1frame.dcm"),
        ("test-SR.dcm", "test-SR.dcm"),
    ],
)
def test_the_same_image_recompressed_is_the_same(one: str, other: str) -> None:
    assert compare(find(one), find(other), pixels=True) == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MR_small.dcm", "CT_small.dcm"),
        ("CT_small.dcm", "JPEG2000.dcm"),
        ("rtdose.dcm", "rtdose_1frame.dcm"),
        ("SC_rgb_rle.dcm", "SC_rgb_rle_2frame.dcm"),
    ],
)
def test_another_image_is_different(one: str, other: str) -> None:
    assert compare(find(one), find(other), pixels=True) == "different"


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_a_copy_that_our_own_codecs_compress_is_the_same(tmp_path: Path, syntax: str) -> None:
    path = write(tmp_path, make_slice(), "one.dcm")
    again = dcmread(path)
    again.compress(syntax, generate_instance_uid=False)
    again.PatientName = "AUTRE^NOM"

    other = write(tmp_path, again)

    assert compare(path, other, pixels=True) == "same"


def test_one_sample_off_in_a_lossless_copy_is_another_image(tmp_path: Path) -> None:
    one = make_slice()
    changed = bytearray(one.PixelData)
    changed[100] ^= 1
    other = write(tmp_path, make_slice(PixelData=bytes(changed)))

    assert compare(write(tmp_path, one, "one.dcm"), other, pixels=True) == "different"


def _add_noise(dataset: Dataset, *, share: float, by: int) -> bytes:
    samples = np.frombuffer(dataset.PixelData, dtype="<u2").copy()
    chosen = np.arange(samples.size) < share * samples.size
    samples[chosen] += by
    noisy: bytes = samples.tobytes()
    return noisy


@pytest.mark.parametrize(
    ("share", "by", "verdict"),
    [
        (1.0, 0, "same"),
        (0.3, 1, "same"),  # the ramp spans 63 values: 1 is 1.6 %, on a third of the samples
        (1.0, 1, "different"),
        (0.01, 20, "different"),
    ],
)
def test_a_lossy_copy_is_the_same_within_its_tolerance(
    tmp_path: Path, share: float, by: int, verdict: str
) -> None:
    one = make_slice()
    other = make_slice(LossyImageCompression="01", PixelData=_add_noise(one, share=share, by=by))

    paths = write(tmp_path, one, "one.dcm"), write(tmp_path, other)

    assert compare(*paths, pixels=True) == verdict


@pytest.mark.parametrize(
    "attributes",
    [
        {"ImageOrientationPatient": [-1, 0, 0, 0, 1, 0]},
        {"RescaleIntercept": 0},
        {"PixelSpacing": [0.7, 0.7]},
    ],
)
def test_equal_pixels_that_are_read_otherwise_are_another_image(
    tmp_path: Path, attributes: dict[str, object]
) -> None:
    one, other = write(tmp_path, make_slice(), "one.dcm"), write(tmp_path, make_slice(**attributes))

    assert compare(one, other, pixels=True) == "different"


def test_numbers_written_otherwise_and_comments_change_no_image(tmp_path: Path) -> None:
    other = make_slice(PixelSpacing=["0.50000", "0.5"], ImageComments="sent again")

    paths = write(tmp_path, make_slice(), "one.dcm"), write(tmp_path, other)

    assert compare(*paths, pixels=True) == "same"


def _make_report(text: str, patient: Patient) -> Dataset:
    report = dcmread(find("test-SR.dcm"))
    report.PatientName, report.PatientID = patient.name, patient.patient_id
    report.AccessionNumber = patient.patient_id
    report.ContentSequence[0].TextValue = text
    return report


def test_a_report_of_another_patient_says_the_same_until_its_text_differs(tmp_path: Path) -> None:
    one = write(tmp_path, _make_report("no fracture", Patient()), "one.dcm")
    implicit = _make_report("no fracture", Patient(name="AUTRE^NOM", patient_id="X"))
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    renamed = tmp_path / "renamed.dcm"
    implicit.save_as(renamed, implicit_vr=True, little_endian=True)
    other = write(tmp_path, _make_report("a fracture", Patient()))

    assert compare(one, renamed, pixels=True) == "same"
    assert compare(one, other, pixels=True) == "different"


def test_what_cannot_be_decoded_is_told_apart_from_what_differs(tmp_path: Path) -> None:
    broken = dcmread(find("MR_small_RLE.dcm"))
    broken.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00ABCD"
    path = write(tmp_path, broken)

    assert compare(find("MR_small.dcm"), path, pixels=True) == "undecodable"
    assert compare(find("MR_small.dcm"), path, pixels=False) == "different"
    assert compare(path, path, pixels=False) == "same"


def test_an_image_beyond_all_bounds_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MOST_SAMPLES_OF_A_FRAME", 64 * 64 - 1)
    path = write(tmp_path, make_slice(), "one.dcm")

    assert compare(path, path, pixels=True) == "undecodable"


@pytest.mark.parametrize("content", [b"", b"no dicom at all", b"\0" * 128 + b"DICM\x02\x00"])
def test_what_is_no_dicom_is_never_the_same_image(tmp_path: Path, content: bytes) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(content)

    assert compare(junk, find("MR_small.dcm"), pixels=True) != "same"
    assert compare(junk, find("MR_small.dcm"), pixels=False) == "different"
