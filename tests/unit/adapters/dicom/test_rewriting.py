"""Identifiers are made unique; everything else in a file stays what it was."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, FileDataset, Sequence, dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from app.adapters.dicom.elements import MalformedDataSet
from app.adapters.dicom.rewriting import rewrite_file
from app.delivery.domain.ports import Rewriting
from app.directory.domain.prefixes import prefix_nameless, take_off
from app.directory.domain.uids import derive_uid, find_original
from tests.factories.dicom import make_ct_slice, make_ct_study

PREFIX_ONLY = Rewriting(prefix="S12", domain_id=3, study_instance_uid="1.2.826")
# Uncompressed, implicit, big endian, deflated, encapsulated, private and nested sequences,
# undefined lengths, no pixels, no character set, no group length in the meta header.
NAMES = (
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "JPEG2000.dcm",
    "MR_small_RLE.dcm",
    "SC_rgb_jpeg_dcmd.dcm",
    "priv_SQ.dcm",
    "nested_priv_SQ.dcm",
    "rtplan.dcm",
    "reportsi.dcm",
    "empty_charset_LEI.dcm",
    "no_meta_group_length.dcm",
    "UN_sequence.dcm",
    "liver_1frame.dcm",
)
IDENTITY = frozenset({0x00100020, 0x00100021, 0x00101002, 0x00080050, 0x00400275})
SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
TEXTS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\\\x7f"),
    max_size=16,
).filter(lambda text: text.isprintable() and text == text.strip())


def rewrite(content: bytes, rewriting: Rewriting, *, folder: Path) -> bytes:
    source, target = folder / "source.dcm", folder / "target.dcm"
    source.write_bytes(content)
    rewrite_file(source, target, rewriting=rewriting)
    return target.read_bytes()


def save(dataset: FileDataset) -> bytes:
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def make_file(dataset: Dataset, syntax: UID) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(dataset.get("SOPInstanceUID", "1.2.3"))
    meta.TransferSyntaxUID = syntax
    stream = BytesIO()
    file = FileDataset("", dataset, file_meta=meta, preamble=bytes(128))
    dcmwrite(stream, file, implicit_vr=syntax.is_implicit_VR, enforce_file_format=True)
    return stream.getvalue()


def read_raw(dataset: Dataset) -> dict[int, object]:
    """Read the values by tag as text: also those that are invalid."""
    return {
        int(tag): str(dataset[tag].value)
        for tag in dataset.keys()  # noqa: SIM118 - of a data set
        if tag not in IDENTITY and tag.element != 0
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_all_else_in_a_real_file_stays_what_it_was(name: str, tmp_path: Path) -> None:
    content = Path(str(get_testdata_file(name))).read_bytes()

    rewritten = rewrite(content, PREFIX_ONLY, folder=tmp_path)

    before, after = dcmread(BytesIO(content)), dcmread(BytesIO(rewritten))
    assert after.PatientID == (
        f"S12-{before.PatientID}"
        if before.get("PatientID")
        else prefix_nameless("S12", "", study_instance_uid="1.2.826")
    )
    assert after.IssuerOfPatientID == f"S12-{before.get('IssuerOfPatientID') or ''}"
    assert read_raw(after) == read_raw(before)
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    uid = "MediaStorageSOPInstanceUID"
    assert after.file_meta.get(uid) == before.file_meta.get(uid)


def test_pixels_are_copied_bit_by_bit(tmp_path: Path) -> None:
    content = Path(str(get_testdata_file("JPEG2000.dcm"))).read_bytes()

    rewritten = rewrite(content, PREFIX_ONLY, folder=tmp_path)

    pixels = content.index(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff")
    assert rewritten.endswith(content[pixels:])


def make_request(patient_id: str, *, issuer: str, accession: str) -> Dataset:
    """Make a data set that carries each identifier wherever it may stand."""
    request = Dataset()
    request.AccessionNumber = accession
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.AccessionNumber = accession
    dataset.PatientName = "LÉVÊQUE^Zoé"
    dataset.PatientID = patient_id
    dataset.IssuerOfPatientID = issuer
    dataset.SOPInstanceUID = "1.2.3"
    dataset.RequestAttributesSequence = Sequence([request])
    return dataset


@pytest.mark.parametrize("syntax", SYNTAXES)
@settings(max_examples=30, deadline=None)
@given(
    patient_id=TEXTS,
    issuer=TEXTS,
    accession=TEXTS,
    is_open=st.booleans(),
)
def test_each_identifier_is_put_back_as_it_was(
    syntax: UID,
    patient_id: str,
    issuer: str,
    accession: str,
    is_open: bool,  # noqa: FBT001 - drawn by Hypothesis
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    dataset = make_request(patient_id, issuer=issuer, accession=accession)
    dataset["RequestAttributesSequence"].is_undefined_length = is_open

    content = rewrite(
        make_file(dataset, syntax), PREFIX_ONLY, folder=tmp_path_factory.mktemp("files")
    )

    back = dcmread(BytesIO(content))
    known = [patient_id, issuer, accession]
    for value, original in ((back.PatientID, patient_id), (back.IssuerOfPatientID, issuer)):
        off = take_off(["S12"], value, known=known, study_instance_uid="1.2.826")
        assert off is not None
        assert (off.prefix, off.value) == ("S12", original)
    for value in (back.AccessionNumber, back.RequestAttributesSequence[0].AccessionNumber):
        assert len(value or "") <= 16
        if accession:
            off = take_off(["S12"], value, known=known)
            assert off is not None
            assert off.value == accession
        else:
            assert not value
    if patient_id:
        other = back.OtherPatientIDsSequence[-1]
        assert other.PatientID == patient_id
        assert (other.get("IssuerOfPatientID") or "") == issuer
    else:
        assert "OtherPatientIDsSequence" not in back
    assert back.PatientName == "LÉVÊQUE^Zoé"


def test_other_patient_ids_that_were_there_stay(tmp_path: Path) -> None:
    other = Dataset()
    other.PatientID = "INS-1"
    slice_ = make_ct_slice(OtherPatientIDsSequence=Sequence([other]))

    back = dcmread(BytesIO(rewrite(save(slice_), PREFIX_ONLY, folder=tmp_path)))

    assert [each.PatientID for each in back.OtherPatientIDsSequence] == ["INS-1", "P-0001"]


def test_a_patient_id_of_another_alphabet_keeps_its_bytes(tmp_path: Path) -> None:
    slice_ = make_ct_slice(SpecificCharacterSet="GB18030", PatientID="王小东")

    back = dcmread(BytesIO(rewrite(save(slice_), PREFIX_ONLY, folder=tmp_path)))

    assert back.PatientID == "S12-王小东"


@pytest.mark.parametrize("patient_id", ["", "INCONNU", " inconnu ", "0000"])
def test_two_unknown_patients_of_one_site_are_two_at_the_centre(
    patient_id: str, tmp_path: Path
) -> None:
    dummies = frozenset({"INCONNU"})
    ids = []
    for uid in ("1.2.826.1", "1.2.826.2"):
        rewriting = replace(PREFIX_ONLY, study_instance_uid=uid, dummies=dummies)
        content = make_file(
            make_request(patient_id, issuer="", accession=""), ExplicitVRLittleEndian
        )
        ids.append(dcmread(BytesIO(rewrite(content, rewriting, folder=tmp_path))).PatientID)
        off = take_off(["S12"], ids[-1], known=[patient_id.strip()], study_instance_uid=uid)
        assert off is not None
        assert off.value == patient_id.strip()

    assert len(set(ids)) == 2


def make_twin() -> tuple[FileDataset, Rewriting]:
    """Make a slice of a study that another hospital has too; it refers to itself and to another."""
    study = make_ct_study()
    slice_ = make_ct_slice(study, sop_instance_uid="1.2.3.4")
    own, other = Dataset(), Dataset()
    own.ReferencedSOPInstanceUID, other.ReferencedSOPInstanceUID = "1.2.3.5", "9.9.9"
    series = Dataset()
    series.SeriesInstanceUID = study.series_instance_uid
    series.ReferencedInstanceSequence = Sequence([own, other])
    slice_.ReferencedSeriesSequence = Sequence([series])
    uids = {study.study_instance_uid, study.series_instance_uid, "1.2.3.4", "1.2.3.5"}
    return slice_, replace(
        PREFIX_ONLY, study_instance_uid=study.study_instance_uid, own_uids=frozenset(uids)
    )


def test_the_later_of_two_studies_with_one_uid_gets_uids_of_its_own(tmp_path: Path) -> None:
    slice_, rewriting = make_twin()

    back = dcmread(BytesIO(rewrite(save(slice_), rewriting, folder=tmp_path)))

    series = back.ReferencedSeriesSequence[0]
    assert back.StudyInstanceUID == derive_uid(3, slice_.StudyInstanceUID)
    assert back.SeriesInstanceUID == derive_uid(3, slice_.SeriesInstanceUID)
    assert back.SOPInstanceUID == derive_uid(3, "1.2.3.4")
    assert back.file_meta.MediaStorageSOPInstanceUID == back.SOPInstanceUID
    assert back.SOPClassUID == slice_.SOPClassUID
    assert back.FrameOfReferenceUID == slice_.FrameOfReferenceUID
    assert series.SeriesInstanceUID == back.SeriesInstanceUID
    assert [each.ReferencedSOPInstanceUID for each in series.ReferencedInstanceSequence] == [
        derive_uid(3, "1.2.3.5"),
        "9.9.9",
    ]
    assert back.PixelData == slice_.PixelData
    found = find_original(3, back.StudyInstanceUID, known=[slice_.StudyInstanceUID])
    assert found == slice_.StudyInstanceUID


def test_a_repeat_is_the_same_object(tmp_path: Path) -> None:
    slice_, rewriting = make_twin()
    content = save(slice_)

    assert rewrite(content, rewriting, folder=tmp_path) == (
        rewrite(content, rewriting, folder=tmp_path)
    )


@pytest.mark.filterwarnings("ignore")
def test_a_file_that_ends_anywhere_is_refused_or_bears_the_prefix(tmp_path: Path) -> None:
    content = save(make_ct_slice())
    end = content.index(b"\xe0\x7f\x10\x00")

    for length in range(132, end):
        try:
            back = rewrite(content[:length], PREFIX_ONLY, folder=tmp_path)
        except MalformedDataSet:
            continue
        assert str(dcmread(BytesIO(back)).PatientID).startswith(("S12-", "S12."))


def test_elements_that_are_not_in_their_order_are_refused(tmp_path: Path) -> None:
    content = save(make_ct_slice())
    at = content.index(b"\x10\x00\x20\x00LO")
    end = at + 8 + 6
    later = content.index(b"\x18\x00\x15\x00CS")  # Body Part Examined
    shuffled = content[:at] + content[end:later] + content[at:end] + content[later:]

    with pytest.raises(MalformedDataSet, match="stands behind"):
        rewrite(shuffled, PREFIX_ONLY, folder=tmp_path)


def test_what_does_not_begin_as_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDicomError):
        rewrite(save(make_ct_slice())[132:], PREFIX_ONLY, folder=tmp_path)
