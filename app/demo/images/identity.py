"""Whose images they are: invented patients, with fresh identifiers at each start."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from pydicom import Dataset
from pydicom.uid import UID

from app.kit.ids import draw_uid

_ACCESSION_DIGITS = 10**7
_REFERRING = "Vacheresse^Odile^^Dr"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientData:
    """An invented patient; the name is a person name of DICOM (PS3.5 §6.2.1)."""

    name: str
    birth_date: str
    sex: str
    patient_id: str = ""
    """Always the same one; without it, one is drawn for each study."""

    @property
    def family_name(self) -> str:
        """What stands first in the person name."""
        return self.name.partition("^")[0]

    @property
    def given_name(self) -> str:
        """What stands behind it."""
        return self.name.partition("^")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyIdentity:
    """What all the images of one study say alike."""

    study_instance_uid: str
    accession_number: str
    patient: PatientData
    patient_id: str
    description: str
    institution: str
    station: str
    acquired_at: datetime
    """Aware, in the zone of the hospital."""

    def draw_next(self, *, description: str, acquired_at: datetime) -> "StudyIdentity":
        """Draw the identifiers of another study of the same patient at the same place."""
        return replace(
            self,
            study_instance_uid=draw_uid(),
            accession_number=_draw_accession(),
            description=description,
            acquired_at=acquired_at,
        )

    def stamp(self, image: Dataset, *, series_instance_uid: str, number: int) -> None:
        """Make an image one of this study, under a fresh UID; its pixels are not touched.

        Parameters
        ----------
        image
            Changed in place; has its file meta information.
        series_instance_uid
            Of its series.
        number
            Its number in the series, from 1.
        """
        # The texts are read in the character set they came in, and written as UTF-8.
        image.decode()
        image.SpecificCharacterSet = "ISO_IR 192"
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = UID(draw_uid())
        image.StudyInstanceUID = UID(self.study_instance_uid)
        image.SeriesInstanceUID = UID(series_instance_uid)
        image.InstanceNumber = number
        self._stamp_patient(image)
        self._stamp_study(image)

    def _stamp_patient(self, image: Dataset) -> None:
        image.PatientName = self.patient.name
        image.PatientID = self.patient_id
        image.PatientBirthDate = self.patient.birth_date
        image.PatientSex = self.patient.sex
        for keyword in ("PatientAge", "PatientSize", "PatientWeight", "OtherPatientIDs"):
            if keyword in image:
                delattr(image, keyword)

    def _stamp_study(self, image: Dataset) -> None:
        image.StudyDate = image.SeriesDate = self.acquired_at.strftime("%Y%m%d")
        image.StudyTime = image.SeriesTime = self.acquired_at.strftime("%H%M%S")
        image.StudyID = self.accession_number[-4:]
        image.AccessionNumber = self.accession_number
        image.StudyDescription = self.description
        image.InstitutionName = self.institution
        image.StationName = self.station
        image.ReferringPhysicianName = _REFERRING


def _draw_accession() -> str:
    return f"D{secrets.randbelow(_ACCESSION_DIGITS):07}"


def draw_identity(
    *, patient: PatientData, description: str, institution: str, station: str, acquired_at: datetime
) -> StudyIdentity:
    """Draw the identifiers of a new study, of a patient who has not been here before."""
    return StudyIdentity(
        study_instance_uid=draw_uid(),
        accession_number=_draw_accession(),
        patient=patient,
        patient_id=patient.patient_id or f"IPP{secrets.randbelow(_ACCESSION_DIGITS):07}",
        description=description,
        institution=institution,
        station=station,
        acquired_at=acquired_at,
    )
