"""The rows of the worklist."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.cases.domain.states import OPEN_FOR_DISPATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominee:
    """A reader who was asked to read a case."""

    radiologist_id: int
    name: str
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesAtCentre:
    """How many of a case's images a centre's node has accepted."""

    centre: str
    sent: int
    total: int
    dead: bool
    """Has the platform given up, until somebody sends again?"""
    prior_total: int = 0
    """Earlier studies of the patient that go there too."""
    priors_arrived: int = 0

    @property
    def arrived(self) -> bool:
        """Are all that we have there?"""
        return self.sent >= self.total > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMarks:
    """What stands out in the studies of a case."""

    study_count: int = 0
    identity_open: bool = False
    """A study has several identities, and nobody has chosen."""
    site_to_confirm: bool = False
    has_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWatched:
    """How the claim of a case stands that is being read."""

    stage: str
    """`app.dispatch.domain.watch.ClaimStage`."""
    paused_until: datetime | None
    """Until when its reader may put it aside."""

    @property
    def is_aside(self) -> bool:
        """Does its reader read something else first?"""
        return self.paused_until is not None

    @property
    def is_asked(self) -> bool:
        """Is its reader asked about it, or the coordinator?"""
        return self.stage not in {"active", "aside"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WasWith:
    """Whose claim was opened to others; nobody has claimed the case since."""

    radiologist_id: int
    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistRow:
    """A case on the worklist.

    Nothing in it depends on the instant it is looked at: two equal rows are shown by the same HTML,
    and the browser counts the time that is left up to `signed_due_at`.
    """

    case_id: int
    version: int
    priority: str
    state: str
    state_at: datetime
    site_id: int
    site_name: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    description: str
    first_image_at: datetime | None
    """Nothing: it waits for the images of a validated request."""
    signed_due_at: datetime | None
    """Nothing before the first image."""
    slack_ends_at: datetime | None
    """Until when a read must begin that is to be in time (`app.cases.domain.countdown`)."""
    instance_count: int
    seen_count: int
    complete: bool
    complete_reason: str | None
    preliminary_at: datetime | None
    reader_id: int | None
    reader_name: str | None
    nominees: tuple[Nominee, ...]
    images: tuple[ImagesAtCentre, ...]
    report_dead: bool
    """Has a delivery of its report been given up?"""
    critical: bool
    """Has somebody yet to hear a critical finding?"""
    marks: StudyMarks
    claim: ClaimWatched | None = None
    was_with: WasWith | None = None

    def __hash__(self) -> int:
        """Hash what tells nearly all rows apart: they are looked up for each page that is sent."""
        return hash((self.case_id, self.version))

    @property
    def awaits_images(self) -> bool:
        """Does it stand on a validated request, without any image?"""
        return self.first_image_at is None

    def is_asked(self, radiologist_id: int | None) -> bool:
        """Is this radiologist asked to read it, or reads it?"""
        if radiologist_id is None:
            return False
        asked = any(each.radiologist_id == radiologist_id for each in self.nominees)
        return asked or self.reader_id == radiologist_id

    @property
    def asked_ids(self) -> frozenset[int]:
        """Give the radiologists who are asked to read it, and who reads it."""
        nominees = frozenset(each.radiologist_id for each in self.nominees)
        return nominees if self.reader_id is None else nominees | {self.reader_id}

    @property
    def is_to_read(self) -> bool:
        """Does it wait for a reader or a signature?"""
        return self.state in OPEN_FOR_DISPATCH

    @property
    def place(self) -> str:
        """Where it stands among the cases to read, as text: the pages of browsers sort by it too.

        By least slack, then priority, then age; those that wait for their images last.
        """
        at = self.slack_ends_at or self.state_at
        instant = at.astimezone(UTC).isoformat(timespec="microseconds")
        last = int(self.slack_ends_at is None)
        return f"{last} {instant} {self.priority} {self.case_id:019}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """What is to be read, and what is signed but has not reached its hospital."""

    at: datetime
    to_read: tuple[WorklistRow, ...]
    """By least slack: the one whose read must begin first, or should have long ago, stands first;
    those that wait for their images stand last."""
    to_deliver: tuple[WorklistRow, ...]
    """The oldest signature first."""
