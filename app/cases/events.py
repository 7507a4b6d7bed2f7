"""What happens to cases, for those downstream."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """A first image opened a case."""

    case_id: int
    study_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesAdded:
    """More instances of a case's study arrived."""

    case_id: int
    study_id: int
    after_signature: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCompleted:
    """All studies of a case are complete, as far as can be known."""

    case_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged:
    """A case has another priority, and another snapshot of its clocks."""

    case_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVoided:
    """A case was set aside for good."""

    case_id: int
