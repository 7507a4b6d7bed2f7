"""What a hospital sees of its own night: its cases, its requests, and nobody else's."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReceived:
    """A study of a case, counted as we have it."""

    study_id: int
    description: str
    modalities: tuple[str, ...]
    image_count: int
    paper_count: int
    """Reports, dose sheets, scanned requests: they describe images and are none."""
    expected_count: int | None
    complete_at: datetime | None
    complete_reason: str | None
    last_image_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldResult:
    """A first result that somebody at the hospital was told."""

    at: datetime
    by_name: str
    text: str
    told_to: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """A page of a signed version, ready to be read, for one study."""

    number: int
    kind: str
    study_id: int
    study: str
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalCase:
    """A case as the hospital that asked sees it."""

    case_id: int
    priority: str
    state: str
    state_at: datetime
    state_reason: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    description: str
    created_at: datetime
    first_image_at: datetime | None
    signed_due_at: datetime | None
    critical_at: datetime | None
    """A critical finding that nobody has said back yet."""
    reader_name: str | None
    reader_telephone: str | None
    has_request: bool
    studies: tuple[StudyReceived, ...]
    told: ToldResult | None
    """The last one."""
    pages: tuple[ReportPage, ...]
    """The latest version first."""

    @property
    def image_count(self) -> int:
        """All images of all its studies."""
        return sum(study.image_count for study in self.studies)

    @property
    def is_complete(self) -> bool:
        """Is every study that came labelled complete?"""
        return bool(self.studies) and all(each.complete_at for each in self.studies)


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalRequest:
    """A request of the hospital, as far as its list shows it."""

    request_id: int
    state: str
    state_at: datetime
    state_reason: str
    priority: str
    family_name: str
    given_name: str
    exam: str
    region: str
    requested_at: datetime
    case_id: int | None
    images_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalSite:
    """A hospital that somebody may look at."""

    site_id: int
    name: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalNight:
    """The cases and requests of one hospital: all open ones, and those of the last day."""

    cases: tuple[HospitalCase, ...]
    requests: tuple[HospitalRequest, ...]
