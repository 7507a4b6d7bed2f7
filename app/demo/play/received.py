"""Reads what the hospital's node holds, and judges it against what was signed."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage

from app.demo.images.identity import StudyIdentity
from app.demo.play.api import StepMissed
from app.directory.domain.prefixes import LONGEST_SH, prefix_identifier


@dataclass(frozen=True, slots=True)
class HospitalCopy:
    """The two files of a report at the hospital."""

    structured_report: Path
    encapsulated_pdf: Path


def find_copy(folder: Path, *, study_instance_uid: str) -> HospitalCopy | None:
    """Look for both documents of a study; nothing while one of them is missing."""
    found: dict[str, Path] = {}
    for path in folder.glob("*.dcm"):
        header = _read_header(path, tags=["SOPClassUID"])
        if header is not None and header.get("StudyInstanceUID") == study_instance_uid:
            found[str(header.SOPClassUID)] = path
    if not found.keys() >= {BasicTextSRStorage, EncapsulatedPDFStorage}:
        return None
    return HospitalCopy(found[BasicTextSRStorage], found[EncapsulatedPDFStorage])


def _read_headers(folder: Path, *, tags: Sequence[str]) -> Iterator[Dataset]:
    for path in folder.glob("*.dcm"):
        header = _read_header(path, tags=tags)
        if header is not None:
            yield header


def _read_header(path: Path, *, tags: Sequence[str]) -> Dataset | None:
    # A file that is still being written is no file yet; the next look will read it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dcmread(path, specific_tags=["StudyInstanceUID", *tags])
        except (InvalidDicomError, EOFError, OSError):
            return None


def check_copy(copy: HospitalCopy, *, identity: StudyIdentity, conclusion: str) -> None:
    """Check that the hospital's copy is about this patient and says what was signed.

    Raises
    ------
    StepMissed
        Naming the file and what is wrong with it, without repeating patient data.
    """
    report = dcmread(copy.structured_report)
    _check_identity(report, identity, copy.structured_report)
    if conclusion not in set(_iterate_texts(report)):
        msg = f"{copy.structured_report} does not hold the conclusion that was signed"
        raise StepMissed(msg)
    document = dcmread(copy.encapsulated_pdf)
    _check_identity(document, identity, copy.encapsulated_pdf)
    check_pdf(bytes(document.EncapsulatedDocument), where=str(copy.encapsulated_pdf))


def check_pdf(pdf: bytes, *, where: str) -> None:
    """Check that there is a whole PDF.

    Raises
    ------
    StepMissed
        If its beginning or its end is missing.
    """
    # ISO 32000-1 §7.5: the header, and the end-of-file marker (one byte of padding may follow).
    if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-16:]:
        msg = f"{where} holds no whole PDF"
        raise StepMissed(msg)


def check_at_centre(folder: Path, *, identity: StudyIdentity, prefix: str) -> None:
    """Check that a centre's node knows the patient by the prefix of the site, and the original too.

    Raises
    ------
    StepMissed
        If it has no image of the study, or one whose identifiers are those of somebody else.
    """
    expected = {
        "PatientID": prefix_identifier(prefix, identity.patient_id),
        "AccessionNumber": prefix_identifier(prefix, identity.accession_number, longest=LONGEST_SH),
    }
    headers = _read_headers(folder, tags=[*expected, "OtherPatientIDsSequence"])
    images = [each for each in headers if each.StudyInstanceUID == identity.study_instance_uid]
    if not images:
        msg = f"{folder} holds no image of study {identity.study_instance_uid}"
        raise StepMissed(msg)
    for image in images:
        wrong = [key for key, value in expected.items() if str(image.get(key, "")) != value]
        others = {str(each.PatientID) for each in image.get("OtherPatientIDsSequence", [])}
        if identity.patient_id not in others:
            wrong.append("OtherPatientIDsSequence")
        if wrong:
            msg = f"an image in {folder} has not the prefix of its site: {', '.join(wrong)}"
            raise StepMissed(msg)


def _check_identity(dataset: Dataset, identity: StudyIdentity, path: Path) -> None:
    expected = {
        "StudyInstanceUID": identity.study_instance_uid,
        "PatientID": identity.patient_id,
        "PatientName": identity.patient.name,
        "PatientBirthDate": identity.patient.birth_date,
        "AccessionNumber": identity.accession_number,
    }
    wrong = [key for key, value in expected.items() if str(dataset.get(key, "")) != value]
    if wrong:
        msg = f"{path} is about somebody or something else: {', '.join(wrong)}"
        raise StepMissed(msg)


def _iterate_texts(dataset: Dataset) -> Iterator[str]:
    for item in dataset.get("ContentSequence", []):
        if item.ValueType == "TEXT":
            yield str(item.TextValue)
        yield from _iterate_texts(item)
