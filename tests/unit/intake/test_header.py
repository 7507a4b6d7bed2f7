import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from app.intake.domain.attributes import INDEXED, UID_TAGS
from app.intake.domain.header import scan_elements
from tests.factories.dicom import make_ct_slice

EXPLICIT, IMPLICIT = str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian)
SOP_INSTANCE_UID, PATIENT_NAME = 0x00080018, 0x00100010


def data_set_of(path: Path) -> tuple[bytes, str]:
    """Cut the preamble and the file meta information off: what a C-STORE carries."""
    with path.open("rb") as file:
        read_preamble(file, force=False)
        meta = _read_file_meta_info(file)
        return file.read(), str(meta.TransferSyntaxUID)


def readable_test_files() -> list[Path]:
    paths = []
    for path in sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                data_set_of(path)
                if "SOPInstanceUID" in pydicom.dcmread(path, stop_before_pixels=True):
                    paths.append(path)
            except (AttributeError, pydicom.errors.InvalidDicomError, EOFError, OSError):
                continue
    assert len(paths) > 50
    return paths


@pytest.mark.parametrize("path", readable_test_files(), ids=lambda path: path.name)
def test_every_file_of_pydicom_gives_the_values_that_pydicom_gives(path: Path) -> None:
    data, transfer_syntax = data_set_of(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = pydicom.dcmread(path, stop_before_pixels=True)

        found = scan_elements(data, transfer_syntax_uid=transfer_syntax, wanted=INDEXED)

        assert found.keys() == {tag for tag in INDEXED if tag in whole}
        for tag in UID_TAGS & found.keys():
            assert found[tag].decode().strip("\0 ") == str(whole[tag].value)


@pytest.mark.parametrize(
    ("syntax", "implicit", "little"),
    (
        (EXPLICIT, False, True),
        (IMPLICIT, True, True),
        (str(ExplicitVRBigEndian), False, False),
    ),
)
def test_each_coding_is_read(syntax: str, implicit: bool, little: bool) -> None:  # noqa: FBT001
    dataset = make_ct_slice()
    dataset.ReferencedStudySequence = [pydicom.Dataset()]
    dataset.ReferencedStudySequence[0].ReferencedSOPInstanceUID = "1.2.3"
    del dataset.file_meta
    stream = BytesIO()
    pydicom.dcmwrite(stream, pydicom.Dataset(dataset), implicit_vr=implicit, little_endian=little)

    found = scan_elements(
        stream.getvalue(), transfer_syntax_uid=syntax, wanted=UID_TAGS | {PATIENT_NAME}
    )

    assert found[SOP_INSTANCE_UID].rstrip(b"\0").decode() == dataset.SOPInstanceUID
    assert found[PATIENT_NAME].strip() == b"ESSAI^CLAIRE"
    assert found.keys() == UID_TAGS | {PATIENT_NAME}


def test_a_deflated_data_set_is_inflated_only_as_far_as_needed() -> None:
    dataset = element(0x00080018, b"UI", b"1.2\0") + element(0x7FE00010, b"OW", b"\0" * 9_000_000)
    squeezed = zlib.compressobj(wbits=-15)
    deflated = squeezed.compress(dataset) + squeezed.flush()

    found = scan_elements(
        deflated, transfer_syntax_uid="1.2.840.10008.1.2.1.99", wanted=frozenset({0x00080018})
    )

    assert found == {0x00080018: b"1.2\0"}


def element(tag: int, vr: bytes, value: bytes, *, length: int | None = None) -> bytes:
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in {b"OW", b"SQ", b"UN"}:
        return head + struct.pack("<HI", 0, length) + value
    return head + struct.pack("<H", length) + value


def delimiter(tag: int, length: int = 0) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, length)


UNDEFINED = 0xFFFFFFFF


@pytest.mark.parametrize("vr", (b"SQ", b"UN"))
def test_what_is_inside_a_sequence_of_undefined_length_is_not_taken(vr: bytes) -> None:
    inner = (
        delimiter(0x00080018, 4) + b"9.9\0" if vr == b"UN" else element(0x00080018, b"UI", b"9.9\0")
    )
    items = (
        delimiter(0xFFFEE000, UNDEFINED)
        + inner
        + delimiter(0xFFFEE00D)
        + delimiter(0xFFFEE000, len(inner))
        + inner
        + delimiter(0xFFFEE0DD)
    )
    data = element(0x00080006, vr, items, length=UNDEFINED) + element(0x00080018, b"UI", b"1.2\0")

    found = scan_elements(data, transfer_syntax_uid=EXPLICIT, wanted=frozenset({0x00080018}))

    assert found == {0x00080018: b"1.2\0"}


def test_a_cut_data_set_gives_what_stands_before_the_cut() -> None:
    data = element(0x00080016, b"UI", b"1.1\0") + element(0x00080018, b"UI", b"1.2\0")[:-2]

    found = scan_elements(data, transfer_syntax_uid=EXPLICIT, wanted=UID_TAGS)

    assert found == {0x00080016: b"1.1\0"}


@given(st.binary(max_size=300), st.sampled_from([EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.1.99", ""]))
def test_no_garbage_stops_the_walk_with_an_error(data: bytes, syntax: str) -> None:
    found = scan_elements(data, transfer_syntax_uid=syntax, wanted=INDEXED)

    assert found.keys() <= INDEXED


def test_nesting_without_end_is_given_up() -> None:
    data = element(0x00080006, b"SQ", b"", length=UNDEFINED) * 5000

    assert scan_elements(data, transfer_syntax_uid=EXPLICIT, wanted=UID_TAGS) == {}
