"""What dispatch decides, for those downstream."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNominated:
    """A case was offered to readers."""

    case_id: int
    radiologist_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClaimed:
    """A reader has taken a case."""

    case_id: int
    radiologist_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyOnGuard:
    """A case is due, and no seat at all is held now: tried again at the next tick."""

    case_id: int
