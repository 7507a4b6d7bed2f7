"""Attributes of a study as the index kept them, read back for its documents."""

from collections.abc import Mapping
from typing import Any

from app.reports.domain.document import ReceivedStudy, SeriesReference

_TAGS = {
    "character_set": "00080005",
    "patient_name": "00100010",
    "patient_id": "00100020",
    "issuer_of_patient_id": "00100021",
    "patient_birth_date": "00100030",
    "patient_sex": "00100040",
    "study_id": "00200010",
    "study_date": "00080020",
    "study_time": "00080030",
    "study_description": "00081030",
    "accession_number": "00080050",
    "referring_physician_name": "00080090",
    "manufacturer": "00080070",
    "manufacturer_model_name": "00081090",
    "station_name": "00081010",
    "institution_name": "00080080",
}
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def read_received(
    as_received: Mapping[str, Any],
    *,
    study_instance_uid: str,
    series: tuple[SeriesReference, ...],
) -> ReceivedStudy:
    r"""Read the DICOM JSON model of a study's attributes.

    Several values of one attribute are joined by `\`, the groups of a name by `=`, as they were in
    the file. What is absent, empty or of another shape is an empty string.

    References
    ----------
    PS3.18 §F.2.2.
    """
    texts = {name: _read_text(as_received.get(tag)) for name, tag in _TAGS.items()}
    return ReceivedStudy(study_instance_uid=study_instance_uid, series=series, **texts)


def _read_text(element: object) -> str:
    if not isinstance(element, Mapping):
        return ""
    values = element.get("Value")
    if not isinstance(values, list):
        return ""
    return "\\".join(_read_value(value) for value in values)


def _read_value(value: object) -> str:
    if isinstance(value, Mapping):
        return "=".join(str(value.get(group) or "") for group in _GROUPS).rstrip("=")
    return "" if value is None else str(value)
