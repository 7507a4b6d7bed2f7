"""What modalities of the stories send: small, synthetic, nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from pydicom import FileDataset, dcmread
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    RLELossless,
    SecondaryCaptureImageStorage,
    XRayRadiationDoseSRStorage,
)

from app.kit.ids import draw_uid
from tests.factories.dicom import Patient, make_ct_slice, make_ct_study

CLAIRE = Patient()
_PIXELS = (
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelData",
    "PixelSpacing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """A series of a study, as one association brings it.

    Parameters
    ----------
    at
        Wall-clock hour of the acquisition in Paris, `HHMMSS`; of the day `on`, `YYYYMMDD`.
    """

    patient: Patient = CLAIRE
    accession_number: str = "A0001"
    study_instance_uid: str
    description: str = "SCANNER CEREBRAL"
    series: str = "AXIAL"
    modality: str = "CT"
    sop_class_uid: str = CTImageStorage
    images: int = 3
    on: str = "20261120"
    at: str = "215800"
    institution: str = "CH DE L'EXEMPLE"
    station: str = "CT1"
    has_pixels: bool = True
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "AXIAL")

    def build(self) -> list[FileDataset]:
        """Build its objects, each with a new SOP Instance UID."""
        study = make_ct_study(
            study_instance_uid=self.study_instance_uid,
            patient=self.patient,
            accession_number=self.accession_number,
            description=self.description,
            institution=self.institution,
            station=self.station,
        )
        return [self._build_one(study, number) for number in range(1, self.images + 1)]

    def _build_one(self, study: object, number: int) -> FileDataset:
        uid = draw_uid()
        data_set = make_ct_slice(
            study,  # type: ignore[arg-type]
            number=number,
            sop_instance_uid=uid,
            Modality=self.modality,
            SOPClassUID=UID(self.sop_class_uid),
            SeriesDescription=self.series,
            StudyDate=self.on,
            StudyTime=self.at,
            SeriesDate=self.on,
            SeriesTime=self.at,
            ImageType=list(self.image_type),
        )
        data_set.file_meta.MediaStorageSOPClassUID = UID(self.sop_class_uid)
        if not self.has_pixels:
            for keyword in _PIXELS:
                delattr(data_set, keyword)
        return data_set

    def then(self, **changes: object) -> "Exam":
        """Describe another series of the same study."""
        return replace(self, **changes)  # type: ignore[arg-type]


def ct(**changes: object) -> Exam:
    """Describe a scanner of a new study."""
    return Exam(**{"study_instance_uid": draw_uid(), **changes})  # type: ignore[arg-type]


def radiograph(**changes: object) -> Exam:
    """Describe one radiograph of a new study."""
    given = {
        "study_instance_uid": draw_uid(),
        "modality": "DX",
        "sop_class_uid": DigitalXRayImageStorageForPresentation,
        "images": 1,
        "description": "RADIO",
        "station": "DX1",
        **changes,
    }
    return Exam(**given)  # type: ignore[arg-type]


def dose_report(exam: Exam) -> Exam:
    """Describe the radiation dose structured report of an exam's study."""
    return exam.then(
        modality="SR",
        sop_class_uid=XRayRadiationDoseSRStorage,
        images=1,
        series="Dose Record",
        has_pixels=False,
    )


def dose_sheet(exam: Exam) -> Exam:
    """Describe the dose sheet of an exam's study: a picture of a table."""
    return exam.then(
        sop_class_uid=SecondaryCaptureImageStorage,
        images=1,
        series="Dose Report",
        image_type=("DERIVED", "SECONDARY", "SCREEN SAVE"),
    )


def recompress(objects: Sequence[FileDataset]) -> list[FileDataset]:
    """Give the same objects compressed without loss, as a PACS sends them the next morning."""
    again = []
    for each in objects:
        each.compress(RLELossless, generate_instance_uid=False)
        file = BytesIO()
        each.save_as(file, enforce_file_format=True)
        again.append(dcmread(BytesIO(file.getvalue())))
    return again


def renew_identity(objects: Sequence[FileDataset], patient: Patient) -> list[FileDataset]:
    """Give known objects another identity, as a PACS does after a correction."""
    for each in objects:
        each.PatientName = patient.name
        each.PatientID = patient.patient_id
        each.PatientBirthDate = patient.birth_date
        each.PatientSex = patient.sex
    return list(objects)
