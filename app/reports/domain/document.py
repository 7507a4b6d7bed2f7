"""What a report's documents are made from: one value, complete, with nothing left to look up.

The bytes of the documents are a pure function of a `ReportDocument`, so that a document lost
between rendering and sending is made again as the same object.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.requests.domain.summary import RequestSummary


class DocumentKind(StrEnum):
    """Is the document the report itself, the report with an addendum, or its withdrawal?"""

    REPORT = "report"
    ADDENDUM = "addendum"
    WITHDRAWAL = "withdrawal"


class Form(StrEnum):
    """The forms in which a version exists."""

    PDF = "pdf"
    ENCAPSULATED_PDF = "encapsulated_pdf"
    SR = "sr"
    SECONDARY_CAPTURE = "secondary_capture"
    """The pages as pictures, for who takes nothing but images."""


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
    """Attributes of patient, study and equipment as the modality sent them, right or wrong.

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
    manufacturer: str = ""
    manufacturer_model_name: str = ""
    station_name: str = ""
    institution_name: str = ""
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
    dose: str = ""
    findings: str = ""
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class AddendumText:
    """What was added after the signature, by whom, when (aware)."""

    text: str
    signer: Signer
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Why a report no longer counts, and which one: who had signed it, and when (aware)."""

    reason: str
    version: int
    signer: Signer
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came with the request.

    Attributes
    ----------
    path, digest
        Where it lies, relative to the data folder, and its SHA-256.
    content
        Nothing before it is read, and when it is lost or not what was kept: the documents then
        name it and say so.
    """

    name: str
    media_type: str
    path: str
    digest: bytes
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class DocumentUids:
    """The UIDs of one version's DICOM objects, drawn in the signing transaction.

    Attributes
    ----------
    pages_sop_instance_uid
        Of the first page as a picture; those of the others derive from it. Empty, with its
        series: the site takes no pictures.
    """

    sr_series_instance_uid: str
    sr_sop_instance_uid: str
    pdf_series_instance_uid: str
    pdf_sop_instance_uid: str
    pages_series_instance_uid: str = ""
    pages_sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """The same version for another study or accession number, with UIDs of its own."""

    study_instance_uid: str
    uids: DocumentUids


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """One signed version of a report, with all that its documents say.

    Attributes
    ----------
    version
        1 is the first report; each addendum, withdrawal and new report is the next one.
    time_zone
        IANA name of the site's zone, in which the documents give their hours.
    signed_at
        Aware instant of this version's signature.
    chapters
        Of the report that stands; empty for a withdrawal, which does not repeat what is wrong.
    addenda
        All the addenda to it up to this version, oldest first; empty for a report.
    predecessors
        UIDs of the earlier documents for the same study and accession number, oldest first: of
        earlier versions, and of this one under an identity that no longer counts.
    requests, attachments
        What was asked before the exam, and the files that came with it.

    Raises
    ------
    ValueError
        If an instant is naive, or version, kind, addenda and withdrawal contradict each other.
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
    withdrawal: Withdrawal | None = None
    predecessors: tuple[DocumentUids, ...] = field(default=())
    twins: tuple[Twin, ...] = ()
    requests: tuple[RequestSummary, ...] = ()
    attachments: tuple[AttachedFile, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a document that does not hold together."""
        instants = [self.signed_at, *(each.signed_at for each in self.addenda)]
        if self.withdrawal is not None:
            instants.append(self.withdrawal.signed_at)
        if any(at.tzinfo is None for at in instants):
            msg = f"version {self.version} of the report has an instant without a time zone"
            raise ValueError(msg)
        if not self._kind_fits():
            msg = (
                f"version {self.version} cannot be of kind {self.kind} with "
                f"{len(self.addenda)} addenda and withdrawal {self.withdrawal is not None}"
            )
            raise ValueError(msg)

    def _kind_fits(self) -> bool:
        if (self.withdrawal is not None) is not (self.kind is DocumentKind.WITHDRAWAL):
            return False
        if bool(self.addenda) is not (self.kind is DocumentKind.ADDENDUM):
            return False
        earlier = len(self.addenda) + (self.kind is DocumentKind.WITHDRAWAL)
        return self.version > earlier
