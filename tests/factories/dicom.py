"""Synthetic DICOM instances: small, valid, and free of anybody's data."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydicom import FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from app.kit.ids import draw_uid

ACQUIRED_AT = datetime(2026, 11, 20, 21, 4, 30, tzinfo=UTC)
_WATER = 1024
_SLICE_GAP_MM = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who is on the images; nobody real."""

    name: str = "ESSAI^CLAIRE"
    patient_id: str = "P-0001"
    birth_date: str = "19710314"
    sex: str = "F"


@dataclass(frozen=True, slots=True, kw_only=True)
class CtStudy:
    """The identifiers and attributes that the slices of one study share."""

    study_instance_uid: str
    series_instance_uid: str
    patient: Patient = Patient()
    accession_number: str = "A0001"
    description: str = "SCANNER CEREBRAL SANS INJECTION"
    institution: str = "CH DE L'EXEMPLE"
    station: str = "CT1"
    rows: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenStudy:
    """A study on disk: its slices in order."""

    study: CtStudy
    paths: tuple[Path, ...]
    sop_instance_uids: tuple[str, ...]


def make_ct_study(**overrides: object) -> CtStudy:
    """Draw the identifiers of a new CT study."""
    drawn = {"study_instance_uid": draw_uid(), "series_instance_uid": draw_uid()}
    return CtStudy(**{**drawn, **overrides})  # type: ignore[arg-type]


def make_ct_slice(
    study: CtStudy | None = None,
    *,
    number: int = 1,
    sop_instance_uid: str | None = None,
    transfer_syntax: UID = ExplicitVRLittleEndian,
    **attributes: object,
) -> FileDataset:
    """Build one slice; `attributes` are DICOM keywords set last, None removes one."""
    study = study or make_ct_study()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid or draw_uid())
    meta.TransferSyntaxUID = transfer_syntax
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    _describe_study(dataset, study)
    _describe_image(dataset, study.rows, number)
    for keyword, value in attributes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def _describe_study(dataset: FileDataset, study: CtStudy) -> None:
    dataset.StudyDate = dataset.SeriesDate = ACQUIRED_AT.strftime("%Y%m%d")
    dataset.StudyTime = dataset.SeriesTime = ACQUIRED_AT.strftime("%H%M%S")
    dataset.AccessionNumber = study.accession_number
    dataset.Modality = "CT"
    dataset.Manufacturer = "Synthetic"
    dataset.InstitutionName = study.institution
    dataset.ReferringPhysicianName = "MARTIN^PAUL"
    dataset.StationName = study.station
    dataset.StudyDescription = study.description
    dataset.SeriesDescription = "AXIAL"
    dataset.PatientName = study.patient.name
    dataset.PatientID = study.patient.patient_id
    dataset.PatientBirthDate = study.patient.birth_date
    dataset.PatientSex = study.patient.sex
    dataset.BodyPartExamined = "HEAD"
    dataset.StudyInstanceUID = study.study_instance_uid
    dataset.SeriesInstanceUID = study.series_instance_uid
    dataset.StudyID = "1"
    dataset.SeriesNumber = 1
    dataset.FrameOfReferenceUID = study.series_instance_uid + ".1"
    dataset.PositionReferenceIndicator = ""


def _describe_image(dataset: FileDataset, rows: int, number: int) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.AcquisitionNumber = 1
    dataset.InstanceNumber = number
    dataset.ImagePositionPatient = [0, 0, number * _SLICE_GAP_MM]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.SliceThickness = _SLICE_GAP_MM
    dataset.KVP = 120
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows = dataset.Columns = rows
    dataset.PixelSpacing = [0.5, 0.5]
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept = -_WATER
    dataset.RescaleSlope = 1
    ramp = array("H", ((_WATER + column + number) % 4096 for column in range(rows)))
    dataset.PixelData = ramp.tobytes() * rows


def iterate_ct_slices(study: CtStudy, *, slices: int) -> Iterator[FileDataset]:
    """Build the slices of one study in order."""
    for number in range(1, slices + 1):
        yield make_ct_slice(study, number=number)


def write_ct_study(
    folder: Path,
    *,
    slices: int = 300,
    rows: int = 16,
    patient: Patient | None = None,
    **overrides: object,
) -> WrittenStudy:
    """Write a CT study of square slices as `0001.dcm`, `0002.dcm`, ... into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    study = make_ct_study(rows=rows, patient=patient or Patient(), **overrides)
    paths, uids = [], []
    for number, dataset in enumerate(iterate_ct_slices(study, slices=slices), start=1):
        path = folder / f"{number:04}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
        uids.append(str(dataset.SOPInstanceUID))
    return WrittenStudy(study=study, paths=tuple(paths), sop_instance_uids=tuple(uids))
