"""What a report's documents are made from: one value, complete, with nothing left to look up.

The bytes of the documents are a pure function of a `ReportDocument`, so that a document lost
between rendering and sending is made again as the same object.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """Is the document the report itself, or the report with an addendum?"""

    REPORT = "report"
    ADDENDUM = "addendum"


class Form(StrEnum):
    """The forms in which a version exists."""

    PDF = "pdf"
    ENCAPSULATED_PDF = "encapsulated_pdf"
    SR = "sr"


class Language(StrEnum):
    """Language of the headings; the text itself is the radiologist's."""

    FRENCH = "fr"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class InstanceReference:
    """One SOP instance, by class and UID."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class SeriesReference:
    """Instances of one series, at least one."""

    series_instance_uid: str
    instances: tuple[InstanceReference, ...]


@dataclass(frozen=True, slots=True)
class ReceivedStudy:
    """Attributes of patient and study as the modality sent them, right or wrong.

    Texts are the values as decoded, with their `^` and `=`, without padding; dates and times are
    the digits as received. An empty string is an attribute that was absent or empty.
    """

    study_instance_uid: str
    character_set: str = ""
    patient_name: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_id: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession_number: str = ""
    referring_physician_name: str = ""
    series: tuple[SeriesReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Signer:
    """A radiologist as a document names them."""

    family_name: str
    given_name: str
    rpps: str


@dataclass(frozen=True, slots=True)
class Chapters:
    """The text of a report; an empty chapter is left out of the documents."""

    indication: str = ""
    technique: str = ""
    findings: str = ""
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class AddendumText:
    """What was added after the signature, by whom, when (aware)."""

    text: str
    signer: Signer
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentUids:
    """The UIDs of one version's two documents, drawn in the signing transaction."""

    sr_series_instance_uid: str
    sr_sop_instance_uid: str
    pdf_series_instance_uid: str
    pdf_sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """One signed version of a report, with all that its documents say.

    Attributes
    ----------
    version
        1 is the report, each addendum is the next one.
    time_zone
        IANA name of the site's zone, in which the documents give their hours.
    signed_at
        Aware instant of this version's signature.
    addenda
        All the addenda up to this version, oldest first; empty for a report.
    predecessors
        UIDs of the earlier versions' documents for the same study, oldest first; fewer than the
        addenda when the study came to the case later.

    Raises
    ------
    ValueError
        If an instant is naive, or version, kind, addenda and predecessors contradict each other.
    """

    study: ReceivedStudy
    kind: DocumentKind
    version: int
    language: Language
    time_zone: str
    site: str
    society: str
    signer: Signer
    signed_at: datetime
    chapters: Chapters
    uids: DocumentUids
    addenda: tuple[AddendumText, ...] = ()
    predecessors: tuple[DocumentUids, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a document that does not hold together."""
        if any(at.tzinfo is None for at in (self.signed_at, *(a.signed_at for a in self.addenda))):
            msg = f"version {self.version} of the report has an instant without a time zone"
            raise ValueError(msg)
        earlier = self.version - 1
        if len(self.addenda) != earlier or len(self.predecessors) > earlier:
            msg = (
                f"version {self.version} needs {earlier} addenda and at most as many predecessors, "
                f"but has {len(self.addenda)} and {len(self.predecessors)}"
            )
            raise ValueError(msg)
        if (self.kind is DocumentKind.REPORT) is not (self.version == 1):
            msg = f"version {self.version} cannot be of kind {self.kind}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class RenderedDocuments:
    """The bytes of one version: the page to read, and two DICOM files with their meta header."""

    pdf: bytes
    sr: bytes
    encapsulated_pdf: bytes

    def by_form(self) -> dict[Form, bytes]:
        """Give the bytes of each form."""
        return {
            Form.PDF: self.pdf,
            Form.SR: self.sr,
            Form.ENCAPSULATED_PDF: self.encapsulated_pdf,
        }
