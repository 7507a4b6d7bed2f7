"""Elements that every document of a report shares: patient, study, and how a value is put in."""

import re
from datetime import date
from zoneinfo import ZoneInfo

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from app.adapters.documents.asked import write_requests
from app.adapters.documents.charset import choose_character_set, clean_line, clean_text
from app.adapters.documents.headings import find_title
from app.adapters.documents.wording import write_withdrawal
from app.reports.domain.document import ReportDocument, Signer

MANUFACTURER = "Astreinte"
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?", re.ASCII)
_LINE_BYTES = 64
_SEXES = frozenset({"M", "F", "O"})


def put(dataset: Dataset, keyword: str, value: object) -> None:
    """Set an element without a check of its value.

    Identifiers go back as they came, also when they break a rule of their VR: the receiver knows
    the study by them.
    """
    tag = tag_for_keyword(keyword)
    if tag is None:
        msg = f"{keyword} is no keyword of the DICOM dictionary"
        raise KeyError(msg)
    dataset.add(
        DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE),
    )


def put_shared(dataset: Dataset, document: ReportDocument) -> None:
    """Fill the modules Patient, General Study, General Equipment and the character set."""
    study = document.study
    character_set = _character_set(document)
    if character_set:
        put(dataset, "SpecificCharacterSet", character_set)
    put(dataset, "PatientName", keep_person_name(study.patient_name))
    put(dataset, "PatientID", clean_line(study.patient_id))
    if study.issuer_of_patient_id:
        put(dataset, "IssuerOfPatientID", clean_line(study.issuer_of_patient_id))
    put(dataset, "PatientBirthDate", keep_date(study.patient_birth_date))
    put(dataset, "PatientSex", study.patient_sex if study.patient_sex in _SEXES else "")
    put(dataset, "StudyInstanceUID", study.study_instance_uid)
    put(dataset, "StudyID", clean_line(study.study_id))
    put(dataset, "StudyDate", keep_date(study.study_date))
    put(dataset, "StudyTime", keep_time(study.study_time))
    put(dataset, "AccessionNumber", clean_line(study.accession_number))
    put(dataset, "ReferringPhysicianName", keep_person_name(study.referring_physician_name))
    if study.study_description:
        put(dataset, "StudyDescription", shorten(study.study_description))
    put(dataset, "Manufacturer", MANUFACTURER)
    put(dataset, "InstitutionName", shorten(document.society))


def put_moment(dataset: Dataset, document: ReportDocument, *, prefix: str) -> None:
    """Set `<prefix>Date` and `<prefix>Time` to the signature, in the wall clock of the site."""
    local = document.signed_at.astimezone(ZoneInfo(document.time_zone))
    put(dataset, f"{prefix}Date", local.strftime("%Y%m%d"))
    put(dataset, f"{prefix}Time", local.strftime("%H%M%S"))


def describe_series(document: ReportDocument, *, form: str) -> str:
    """Describe a series so that a list of series tells a withdrawal from a report."""
    what = "Report" if document.withdrawal is None else "Report withdrawn"
    return f"{what} ({form})" if form else what


def code_item(value: str, scheme: str, meaning: str) -> Dataset:
    """Make an item of a code sequence (PS3.3 §8.8)."""
    item = Dataset()
    put(item, "CodeValue", value)
    put(item, "CodingSchemeDesignator", scheme)
    put(item, "CodeMeaning", shorten(meaning) or value)
    return item


def person_name(signer: Signer) -> str:
    """Write a radiologist's name as a PN, family and given (PS3.5 §6.2.1); their number if none."""
    family = clean_line(signer.family_name).replace("^", " ").replace("=", " ")
    given = clean_line(signer.given_name).replace("^", " ").replace("=", " ")
    name = keep_person_name(f"{family}^{given}")
    return name if name.strip("^ ") else clean_line(signer.rpps)


def keep_person_name(text: str) -> str:
    """Keep a name as received, as far as a PN can hold it: three groups, each shortened."""
    groups = clean_line(text).split("=")[:3]
    return "=".join(shorten(group) for group in groups).rstrip("=")


def shorten(text: str) -> str:
    """Clean a description and cut it to 64 bytes, which no reader of LO or PN finds too long.

    PS3.5 §6.2 counts characters; some readers count bytes.
    """
    return clean_line(text).encode()[:_LINE_BYTES].decode(errors="ignore").strip()


def keep_date(text: str) -> str:
    """Keep a DA that is a day of the calendar; leave any other out.

    A wrong date would make the document invalid for its receiver; it stays readable on the page.
    """
    digits = text.strip()
    if not re.fullmatch(r"[0-9]{8}", digits):
        return ""
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return ""
    return digits


def keep_time(text: str) -> str:
    """Keep a TM that is an hour of the day; leave any other out."""
    digits = text.strip()
    return digits if _TIME.fullmatch(digits) else ""


def _character_set(document: ReportDocument) -> str:
    study, chapters = document.study, document.chapters
    texts = [
        *(study.patient_name, study.patient_id, study.issuer_of_patient_id, study.study_id),
        *(study.accession_number, study.study_description, study.referring_physician_name),
        *(chapters.indication, chapters.technique, chapters.dose),
        *(chapters.findings, chapters.conclusion, document.site, document.society),
        *(addendum.text for addendum in document.addenda),
        write_requests(document),
    ]
    signers = [document.signer, *(addendum.signer for addendum in document.addenda)]
    if document.withdrawal is not None:
        sentence = write_withdrawal(document, document.withdrawal)
        texts += [sentence, document.withdrawal.reason, find_title(document)]
        signers.append(document.withdrawal.signer)
    for signer in signers:
        texts += [signer.family_name, signer.given_name]
    return choose_character_set(study.character_set, texts=[clean_text(text) for text in texts])
