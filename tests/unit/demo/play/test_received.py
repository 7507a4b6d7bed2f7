"""The hospital's copy is read, and judged against what was signed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    CTImageStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
)

from app.demo.images.exams import MAIN
from app.demo.images.identity import StudyIdentity
from app.demo.play.api import StepMissed
from app.demo.play.received import HospitalCopy, check_at_centre, check_copy, find_copy
from app.kit.ids import draw_uid

IDENTITY = MAIN.draw_identity(acquired_at=datetime(2026, 11, 22, 21, 4, tzinfo=UTC))
CONCLUSION = "Hématome extradural pariétal droit."
PDF = b"%PDF-1.7\nnothing to see\n%%EOF\n"


def describe(sop_class: str, *, identity: StudyIdentity) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(draw_uid())
    dataset.StudyInstanceUID = identity.study_instance_uid
    dataset.PatientID = identity.patient_id
    dataset.PatientName = identity.patient.name
    dataset.PatientBirthDate = identity.patient.birth_date
    dataset.AccessionNumber = identity.accession_number
    return dataset


def write_report(folder: Path, *, conclusion: str, identity: StudyIdentity = IDENTITY) -> Path:
    dataset = describe(BasicTextSRStorage, identity=identity)
    text, section = Dataset(), Dataset()
    text.ValueType, text.TextValue = "TEXT", conclusion
    section.ValueType, section.ContentSequence = "CONTAINER", [text]
    dataset.ContentSequence = [section]
    path = folder / f"SR.{dataset.SOPInstanceUID}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_pdf(folder: Path, *, pdf: bytes = PDF) -> Path:
    dataset = describe(EncapsulatedPDFStorage, identity=IDENTITY)
    dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    path = folder / f"PDF.{dataset.SOPInstanceUID}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_both_documents_of_the_study_are_the_copy(tmp_path: Path) -> None:
    report, pdf = write_report(tmp_path, conclusion=CONCLUSION), write_pdf(tmp_path)
    (tmp_path / "half.dcm").write_bytes(b"DI")

    copy = find_copy(tmp_path, study_instance_uid=IDENTITY.study_instance_uid)

    assert copy == HospitalCopy(report, pdf)
    check_copy(copy, identity=IDENTITY, conclusion=CONCLUSION)


def test_one_document_alone_is_no_copy(tmp_path: Path) -> None:
    write_report(tmp_path, conclusion=CONCLUSION)

    assert find_copy(tmp_path, study_instance_uid=IDENTITY.study_instance_uid) is None


def test_documents_of_another_study_are_no_copy(tmp_path: Path) -> None:
    write_report(tmp_path, conclusion=CONCLUSION)
    write_pdf(tmp_path)

    assert find_copy(tmp_path, study_instance_uid="1.2.3") is None


def test_a_report_that_says_something_else_is_refused(tmp_path: Path) -> None:
    copy = HospitalCopy(write_report(tmp_path, conclusion="Normal."), write_pdf(tmp_path))

    with pytest.raises(StepMissed, match="conclusion"):
        check_copy(copy, identity=IDENTITY, conclusion=CONCLUSION)


def test_a_report_about_somebody_else_is_refused_without_naming_them(tmp_path: Path) -> None:
    other = MAIN.draw_identity(acquired_at=IDENTITY.acquired_at)
    report = write_report(tmp_path, conclusion=CONCLUSION, identity=other)
    copy = HospitalCopy(report, write_pdf(tmp_path))

    with pytest.raises(StepMissed, match="PatientID") as caught:
        check_copy(copy, identity=IDENTITY, conclusion=CONCLUSION)

    assert other.patient_id not in caught.value.message


def test_a_pdf_that_was_cut_is_refused(tmp_path: Path) -> None:
    report = write_report(tmp_path, conclusion=CONCLUSION)
    copy = HospitalCopy(report, write_pdf(tmp_path, pdf=PDF[:20]))

    with pytest.raises(StepMissed, match="PDF"):
        check_copy(copy, identity=IDENTITY, conclusion=CONCLUSION)


def write_image(folder: Path, *, patient_id: str, other: str = IDENTITY.patient_id) -> None:
    dataset = describe(CTImageStorage, identity=IDENTITY)
    dataset.PatientID = patient_id
    dataset.AccessionNumber = f"S7-{IDENTITY.accession_number}"
    item = Dataset()
    item.PatientID = other
    dataset.OtherPatientIDsSequence = [item]
    dataset.save_as(folder / f"CT.{dataset.SOPInstanceUID}.dcm", enforce_file_format=True)


def test_a_centre_knows_the_patient_by_the_prefix_of_the_site(tmp_path: Path) -> None:
    write_image(tmp_path, patient_id=f"S7-{IDENTITY.patient_id}")

    check_at_centre(tmp_path, identity=IDENTITY, prefix="S7")


def test_an_image_without_the_prefix_of_its_site_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path, patient_id=f"S7-{IDENTITY.patient_id}")
    write_image(tmp_path, patient_id=IDENTITY.patient_id)

    with pytest.raises(StepMissed, match=r"prefix of its site: PatientID$") as caught:
        check_at_centre(tmp_path, identity=IDENTITY, prefix="S7")

    assert IDENTITY.patient_id not in caught.value.message


def test_an_image_that_lost_the_hospital_s_own_identifier_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path, patient_id=f"S7-{IDENTITY.patient_id}", other="somebody else's")

    with pytest.raises(StepMissed, match="OtherPatientIDsSequence"):
        check_at_centre(tmp_path, identity=IDENTITY, prefix="S7")


def test_a_centre_without_any_image_is_told(tmp_path: Path) -> None:
    with pytest.raises(StepMissed, match="holds no image"):
        check_at_centre(tmp_path, identity=IDENTITY, prefix="S7")
