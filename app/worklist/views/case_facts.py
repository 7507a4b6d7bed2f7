"""What is so of a case beside its images and its report: whose they are, who called whom."""

from dataclasses import dataclass
from datetime import datetime

from app.worklist.views.case import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySeen:
    """An identity under which images of a study came."""

    patient_key: int
    identity: Identity
    first_seen_at: datetime
    last_seen_at: datetime
    instance_count: int
    is_correction: bool
    """It came again, with images that were known under another one."""
    is_in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """What describes images, or was scanned, and is no image."""

    modality: str
    description: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What is so of a study."""

    study_id: int
    description: str
    modalities: tuple[str, ...]
    image_count: int
    expected_count: int | None
    accessions: tuple[str, ...]
    papers: tuple[PaperView, ...]
    site_to_confirm: bool
    site_reason: str
    unknown_calling: bool
    identity_open: bool
    identities: tuple[IdentitySeen, ...]
    """The first that came first."""
    last_choice_id: int | None
    """The last time that a person said whose it is."""

    @property
    def is_corrected(self) -> bool:
        """Did images come again under another identity?"""
        return any(each.is_correction for each in self.identities)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalView:
    """A finding that somebody must hear, and whether they said it back."""

    task_id: int
    noted_at: datetime
    by_name: str
    text: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A telephone call about the case."""

    at: datetime
    by_name: str
    number: str
    outcome: str
    told_to: str
    read_back: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """All of it."""

    owner_name: str | None
    """Who validated the request."""
    critical_at: datetime | None
    joined_into_id: int | None
    split_from_id: int | None
    taken_over_ids: tuple[int, ...]
    """Cases whose studies and requests this one took over."""
    split_off_ids: tuple[int, ...]
    request_ids: tuple[int, ...]
    studies: tuple[StudyFacts, ...]
    criticals: tuple[CriticalView, ...]
    calls: tuple[CallView, ...]

    @property
    def identity_open(self) -> bool:
        """Does a study wait for somebody to say whose it is?"""
        return any(each.identity_open for each in self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCandidate:
    """Another open case of the same site."""

    case_id: int
    priority: str
    state: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    patient_id: str
    description: str
    instance_count: int
    created_at: datetime
    reader_name: str | None
    same_patient: bool
    """The same non-empty patient ID, or the same name and birth date."""
