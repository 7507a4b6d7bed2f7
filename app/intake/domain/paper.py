"""What describes images, or was scanned: it joins its study and never opens, re-opens or rings.

Paper is
- by SOP class: structured reports (dose reports and key object selections too), presentation
  states, encapsulated documents, registrations, raw data;
- by Modality: SR, KO, PR, DOC, REG;
- by Conversion Type: SD, a scanned document;
- by its words, if it is a secondary capture or says that it is derived: dose sheets (Siemens
  "Patient Protocol", GE "Dose Report", Philips "Dose Info"), requests and prescriptions.

Everything else is an image. Perfusion maps and key images are secondary captures as well, so a
screen save is paper only by its words; and an original image of a scanner never is, whatever its
series is called.
"""

import re
from dataclasses import dataclass

from app.directory.domain.site_rules import fold

# PS3.4 table B.5-1, by the start of the UID.
_PAPER_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.88.",  # SR, key object selection, radiation dose
    "1.2.840.10008.5.1.4.1.1.11.",  # presentation states
    "1.2.840.10008.5.1.4.1.1.104.",  # encapsulated PDF, CDA
    "1.2.840.10008.5.1.4.1.1.66.1",  # spatial registration
    "1.2.840.10008.5.1.4.1.1.66.2",  # fiducials
    "1.2.840.10008.5.1.4.1.1.66.3",  # deformable registration
)
_RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_PAPER_MODALITIES = frozenset({"SR", "KO", "PR", "DOC", "REG"})
_SCANNED = "SD"  # PS3.3 §C.8.6.1, Conversion Type

_DOSE = re.compile(
    r"dose (report|info|sheet|summary)|(rapport|fiche|feuille|bilan)( de)? dose|patient protocol"
    r"|protocole patient|dosimetrie|dose|dose record"
)
_REQUEST = re.compile(
    r"(demande|bon)( de?)?( examen| imagerie| scanner| irm| radio| radiologie)?"
    r"|ordonnances?|prescriptions?|requests?|(exam|radiology) request|scanned (request|document)s?"
    r"|documents? (scannes?|numerises?)|requisition"
)
_PROTOCOL_PAGE = "prot"  # ImageType value 4 of Siemens' protocol pages: "CT_SOM5 PROT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What an instance says of its own kind, as received.

    Parameters
    ----------
    image_type
        Its values, separated by backslashes (PS3.3 §C.7.6.1.1.2).
    """

    sop_class_uid: str
    modality: str = ""
    image_type: str = ""
    conversion_type: str = ""
    series_description: str = ""


def is_paper(looks: Looks) -> bool:
    """Tell whether an instance is paper rather than an image."""
    if looks.sop_class_uid.startswith(_PAPER_CLASSES) or looks.sop_class_uid == _RAW_DATA:
        return True
    if looks.modality.strip().upper() in _PAPER_MODALITIES:
        return True
    if looks.conversion_type.strip().upper() == _SCANNED:
        return True
    return _may_be_a_page(looks) and _has_words_of_paper(looks)


def _may_be_a_page(looks: Looks) -> bool:
    kind = looks.image_type.split("\\")[0].strip().upper()
    is_capture = looks.sop_class_uid == _SECONDARY_CAPTURE or looks.sop_class_uid.startswith(
        f"{_SECONDARY_CAPTURE}."
    )
    return is_capture or kind == "DERIVED"


def _has_words_of_paper(looks: Looks) -> bool:
    description = re.sub(r"[^a-z0-9]+", " ", fold(looks.series_description)).strip()
    if any(pattern.fullmatch(description) for pattern in (_DOSE, _REQUEST)):
        return True
    return _PROTOCOL_PAGE in fold(looks.image_type.replace("\\", " ")).split()
