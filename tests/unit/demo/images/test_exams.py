"""What the modalities of the demo send."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import UID

from app.demo.gcs.sites import SITES
from app.demo.images import wheel
from app.demo.images.exams import (
    ANGIOGRAPHY,
    FLOW,
    LATE,
    MAIN,
    MAPS,
    PHANTOM,
    PRIOR,
    SPARE,
    Exam,
    iterate_images,
    kinds_in,
)
from app.demo.images.samples import lay_down_samples
from app.demo.images.wheel import WheelFile, read_wheel_file
from app.kit.errors import Unavailable

AT = datetime(2026, 11, 22, 21, 4, tzinfo=UTC)
EXAMS = (SPARE, *FLOW)
SENT = (*EXAMS, ANGIOGRAPHY, MAPS, LATE, PRIOR, PHANTOM)


@pytest.mark.parametrize("exam", SENT, ids=lambda each: each.name)
def test_the_images_of_an_exam_say_whose_they_are_and_keep_their_pixels(exam: Exam) -> None:
    identity = exam.draw_identity(acquired_at=AT)

    images = list(iterate_images(exam, identity=identity))

    assert {image.StudyInstanceUID for image in images} == {identity.study_instance_uid}
    assert {str(image.PatientName) for image in images} == {exam.patient.name}
    assert len({image.SOPInstanceUID for image in images}) == len(images)
    assert all(UID(image.SOPInstanceUID).is_valid for image in images)
    for image in images:
        assert image.SOPInstanceUID == image.file_meta.MediaStorageSOPInstanceUID
    for image, file in zip(images, exam.files, strict=False):
        assert image.PixelData == read_wheel_file(file).PixelData


@pytest.mark.parametrize("exam", SENT, ids=lambda each: each.name)
def test_the_proposed_contexts_are_those_of_the_images(exam: Exam) -> None:
    images = iterate_images(exam, identity=exam.draw_identity(acquired_at=AT))

    found = {(image.SOPClassUID, image.file_meta.TransferSyntaxUID) for image in images}

    assert kinds_in(exam) == found


def test_the_flow_covers_the_modalities_and_encodings_of_real_hospitals() -> None:
    files = [file for exam in FLOW for file in exam.files]
    images = [read_wheel_file(file) for file in files]
    names = {image.file_meta.TransferSyntaxUID.name for image in images}

    assert {image.Modality for image in images} == {"CT", "MR", "US", "NM", "OT"}
    for family in ("Implicit", "Big Endian", "JPEG 2000", "JPEG-LS", "JPEG Lossless", "RLE"):
        assert any(family in name for name in names), family
    assert any(int(image.get("NumberOfFrames", 1)) > 1 for image in images)


def test_each_exam_comes_from_a_modality_that_its_hospital_has() -> None:
    senders = {sender.ae_title for site in SITES for sender in site.senders}

    assert {exam.ae_title for exam in (MAIN, *SENT)} <= senders


def test_the_main_exam_is_a_scanner_of_three_hundred_slices() -> None:
    slices = list(iterate_images(MAIN, identity=MAIN.draw_identity(acquired_at=AT)))

    assert len(slices) == 300
    assert {(image.Rows, image.Columns, len(image.PixelData)) for image in slices} == {
        (512, 512, 512 * 512 * 2)
    }
    heights = [image.ImagePositionPatient[2] for image in slices]
    assert heights == sorted(set(heights))


def test_the_next_exam_of_a_patient_is_another_study_of_the_same_person() -> None:
    first = MAIN.draw_identity(acquired_at=AT)

    following = first.draw_next(description=ANGIOGRAPHY.description, acquired_at=AT)

    assert (following.patient, following.patient_id) == (first.patient, first.patient_id)
    assert following.study_instance_uid != first.study_instance_uid
    assert following.accession_number != first.accession_number


def test_what_a_workstation_has_computed_says_so() -> None:
    identity = MAIN.draw_identity(acquired_at=AT)

    kinds = {str(image.ImageType[0]) for image in iterate_images(MAPS, identity=identity)}

    assert kinds == {"DERIVED"}


def test_the_haematoma_lies_on_the_right_of_the_patient() -> None:
    images = list(iterate_images(SPARE, identity=SPARE.draw_identity(acquired_at=AT)))
    middle = images[len(images) * 5 // 8]
    row = middle.PixelData[2 * 512 * 286 :][: 2 * 512]
    values = [int.from_bytes(row[at : at + 2], "little") - 1024 for at in range(0, 1024, 2)]

    blood = [column for column, value in enumerate(values) if 55 <= value <= 90]

    # The first columns are the patient's right (PS3.3 §C.7.6.2.1.1 with an axial orientation).
    right = [column for column in blood if 90 < column < 200]
    left = [column for column in blood if 320 < column < 420]
    assert len(right) > 30
    assert len(left) < 5


def test_a_file_that_is_another_than_its_name_promises_is_refused() -> None:
    wrong = WheelFile("CT_small.dcm", "MR", "Explicit VR Little Endian")

    with pytest.raises(Unavailable, match=r"CT_small\.dcm"):
        read_wheel_file(wrong)


def test_a_file_that_pydicom_no_longer_has_is_named() -> None:
    with pytest.raises(Unavailable, match=r"no_such_file\.dcm"):
        read_wheel_file(WheelFile("no_such_file.dcm", "CT", "Explicit VR Little Endian"))


def test_the_wheel_has_every_file_that_is_named() -> None:
    named = [each for each in vars(wheel).values() if isinstance(each, WheelFile)]

    assert len(named) == 18
    for file in named:
        assert read_wheel_file(file).Modality == file.modality


def test_samples_are_new_studies_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "samples"

    before = lay_down_samples(folder, acquired_at=AT)
    uids = {dcmread(each.folder / "0001.dcm").StudyInstanceUID for each in before}
    after = lay_down_samples(folder, acquired_at=AT)
    new_uids = {dcmread(each.folder / "0001.dcm").StudyInstanceUID for each in after}

    assert len(uids) == len(before) == len(EXAMS)
    assert uids.isdisjoint(new_uids)
    assert len(list(before[0].folder.iterdir())) == SPARE.slices
