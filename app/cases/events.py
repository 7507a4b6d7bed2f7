"""What happens to cases, for those downstream."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """A first image opened a case."""

    case_id: int
    study_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyJoined:
    """A study joined a case that stood: one patient's question, or the images of a request."""

    case_id: int
    study_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesAdded:
    """More instances of a case's study arrived."""

    case_id: int
    study_id: int
    image_count: int
    """Images that came; none when all of it was paper."""
    unseen_count: int
    """Images of the whole case that its reader has not seen, these among them."""
    after_signature: bool
    """Also of a case that was set aside."""
    is_task: bool = False
    """A report is signed that does not speak of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesJoined:
    """A person put two cases together; one of them is voided."""

    case_id: int
    absorbed_id: int
    study_ids: tuple[int, ...]
    request_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSplit:
    """A person took studies and requests out of a case, into one of their own."""

    case_id: int
    new_case_id: int
    study_ids: tuple[int, ...]
    request_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLeft:
    """A study was taken out of its case."""

    case_id: int
    study_id: int
    request_ids: tuple[int, ...]
    """Requests of a case that was set aside with its last study: they wait for images again."""
    is_voided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityNoted:
    """A case was told that a study of it came under another identity, or that one was chosen."""

    case_id: int
    study_id: int
    is_signed: bool
    reader_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAwaitsImages:
    """A validated request has a case; its images have not come."""

    case_id: int
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged:
    """A case has another priority, and another snapshot of its clocks."""

    case_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVoided:
    """A case was set aside for good."""

    case_id: int
