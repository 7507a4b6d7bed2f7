"""Attributes of patient, study, series and image, as received and as we show them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.intake.domain.text import decode_text

SOP_CLASS_UID = 0x00080016
SOP_INSTANCE_UID = 0x00080018
STUDY_INSTANCE_UID = 0x0020000D
SERIES_INSTANCE_UID = 0x0020000E
SPECIFIC_CHARACTER_SET = 0x00080005
UID_TAGS = frozenset({SOP_CLASS_UID, SOP_INSTANCE_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID})

_PATIENT_NAME, _PATIENT_ID, _ISSUER = 0x00100010, 0x00100020, 0x00100021
_BIRTH_DATE, _SEX = 0x00100030, 0x00100040
_MODALITY, _STATION, _SERIES_DESCRIPTION = 0x00080060, 0x00081010, 0x0008103E
_BODY_PART, _SERIES_NUMBER, _INSTANCE_NUMBER = 0x00180015, 0x00200011, 0x00200013
_IMAGE_TYPE, _CONVERSION_TYPE = 0x00080008, 0x00080064
_STUDY_DATE, _STUDY_TIME, _ACCESSION = 0x00080020, 0x00080030, 0x00080050
_INSTITUTION, _REFERRER, _STUDY_DESCRIPTION = 0x00080080, 0x00080090, 0x00081030
_STUDY_ID = 0x00200010

# What the documents of a report copy from the images, with the VR of PS3.6 (an implicit data set
# does not carry it).
COPIED = {
    SPECIFIC_CHARACTER_SET: "CS",
    _STUDY_DATE: "DA",
    _STUDY_TIME: "TM",
    _ACCESSION: "SH",
    _INSTITUTION: "LO",
    _REFERRER: "PN",
    _STUDY_DESCRIPTION: "LO",
    _PATIENT_NAME: "PN",
    _PATIENT_ID: "LO",
    _ISSUER: "LO",
    _BIRTH_DATE: "DA",
    0x00100032: "TM",
    _SEX: "CS",
    0x00101000: "LO",
    0x00101010: "AS",
    0x00101020: "DS",
    0x00101030: "DS",
    STUDY_INSTANCE_UID: "UI",
    _STUDY_ID: "SH",
    # The report names the machine (decree of 22 September 2006, art. 1).
    0x00080070: "LO",
    _STATION: "SH",
    0x00081090: "LO",
}
INDEXED = (
    UID_TAGS
    | COPIED.keys()
    | {_MODALITY, _STATION, _SERIES_DESCRIPTION, _BODY_PART, _SERIES_NUMBER, _INSTANCE_NUMBER}
    | {_IMAGE_TYPE, _CONVERSION_TYPE}
)
_NUMBERS = frozenset({"DS", "IS"})
_LONGEST_IDENTIFIER = 128
_LONGEST_TEXT = 324  # PS3.5 §6.2, PN: three groups of 64 characters; twice as much is tolerated


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """Who the images say they are of; two identities that differ in anything are two."""

    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyAttributes:
    """What the images say of their study."""

    study_date: str
    study_time: str
    study_id: str
    study_description: str
    accession_number: str
    referring_physician_name: str
    institution_name: str
    station_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesAttributes:
    """What an image says of its series."""

    modality: str
    series_number: str
    series_description: str
    body_part_examined: str
    station_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """All that the index keeps of one data set."""

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    instance_number: str
    patient: PatientIdentity
    study: StudyAttributes
    series: SeriesAttributes
    image_type: str
    conversion_type: str
    as_received: Mapping[str, object]
    """Patient and study attributes in the DICOM JSON model (PS3.18 §F.2)."""


class _ReadText(Protocol):
    def __call__(self, tag: int, *, longest: int = ...) -> str: ...


def read_attributes(elements: Mapping[int, bytes]) -> Attributes:
    """Read what the index keeps out of the raw elements of one data set.

    Parameters
    ----------
    elements
        Raw values by tag, as `scan_elements` finds them for `INDEXED`; absent ones become "".
    """
    sets = read_character_sets(elements)

    def text(tag: int, *, longest: int = _LONGEST_TEXT) -> str:
        return decode_text(elements.get(tag, b""), character_sets=sets)[:longest]

    return Attributes(
        sop_class_uid=read_uid(elements, SOP_CLASS_UID),
        sop_instance_uid=read_uid(elements, SOP_INSTANCE_UID),
        study_instance_uid=read_uid(elements, STUDY_INSTANCE_UID),
        series_instance_uid=read_uid(elements, SERIES_INSTANCE_UID),
        instance_number=text(_INSTANCE_NUMBER),
        patient=_read_patient(text),
        study=_read_study(text),
        series=_read_series(text),
        image_type=text(_IMAGE_TYPE),
        conversion_type=text(_CONVERSION_TYPE),
        as_received=write_dicom_json(elements),
    )


def _read_patient(text: _ReadText) -> PatientIdentity:
    return PatientIdentity(
        patient_id=text(_PATIENT_ID, longest=_LONGEST_IDENTIFIER),
        issuer_of_patient_id=text(_ISSUER, longest=_LONGEST_IDENTIFIER),
        patient_name=text(_PATIENT_NAME),
        patient_birth_date=text(_BIRTH_DATE, longest=_LONGEST_IDENTIFIER),
        patient_sex=text(_SEX, longest=_LONGEST_IDENTIFIER),
    )


def _read_study(text: _ReadText) -> StudyAttributes:
    return StudyAttributes(
        study_date=text(_STUDY_DATE),
        study_time=text(_STUDY_TIME),
        study_id=text(_STUDY_ID),
        study_description=text(_STUDY_DESCRIPTION),
        accession_number=text(_ACCESSION),
        referring_physician_name=text(_REFERRER),
        institution_name=text(_INSTITUTION),
        station_name=text(_STATION),
    )


def _read_series(text: _ReadText) -> SeriesAttributes:
    return SeriesAttributes(
        modality=text(_MODALITY),
        series_number=text(_SERIES_NUMBER),
        series_description=text(_SERIES_DESCRIPTION),
        body_part_examined=text(_BODY_PART),
        station_name=text(_STATION),
    )


def read_uid(elements: Mapping[int, bytes], tag: int) -> str:
    """Read a UID without its padding; "" when it is absent.

    Some devices pad with a space where PS3.5 §9.1 wants NUL: both go.
    """
    return elements.get(tag, b"").decode("latin_1").strip("\0 ")


def read_character_sets(elements: Mapping[int, bytes]) -> tuple[str, ...]:
    """Read the values of Specific Character Set, in order; none when it is absent or empty."""
    raw = elements.get(SPECIFIC_CHARACTER_SET, b"").decode("latin_1").strip("\0 ")
    return tuple(value.strip() for value in raw.split("\\")) if raw else ()


def write_dicom_json(elements: Mapping[int, bytes]) -> dict[str, object]:
    """Write the attributes that documents copy in the DICOM JSON model.

    References
    ----------
    PS3.18 §F.2.2: an empty value has no `Value`; a person's name is an object of its groups.
    """
    sets = read_character_sets(elements)
    written: dict[str, object] = {}
    for tag, vr in COPIED.items():
        if tag not in elements:
            continue
        text = decode_text(elements[tag], character_sets=sets)
        values = [_write_value(value.strip(), vr) for value in text.split("\\")] if text else []
        written[f"{tag:08X}"] = {"vr": vr, "Value": values} if values else {"vr": vr}
    return written


def _write_value(value: str, vr: str) -> object:
    if not value:
        return None
    if vr == "PN":
        groups = zip(("Alphabetic", "Ideographic", "Phonetic"), value.split("="), strict=False)
        return {name: group for name, group in groups if group}
    return _write_number(value) if vr in _NUMBERS else value


def _write_number(value: str) -> float | str:
    try:
        number = float(value)
    except ValueError:
        return value
    # JSON has no word for what "NaN" and "1e999" become.
    return number if math.isfinite(number) else value
