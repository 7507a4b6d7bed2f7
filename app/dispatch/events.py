"""What dispatch decides, for those downstream."""

from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWidened:
    """Steps of an unclaimed case were taken."""

    case_id: int
    radiologist_ids: tuple[int, ...]
    """Who is asked since then, and was not before."""
    tells_hospital: bool
    """Is the hospital to use its fallback?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAsked:
    """The reader of a claimed case is asked whether they still read it."""

    case_id: int
    radiologist_id: int
    since: datetime
    """Their last sign; of a case put aside, until when it was to be."""
    is_aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSilent:
    """The reader of a claimed case does not answer: the coordinator decides."""

    case_id: int
    radiologist_id: int
    since: datetime
    is_aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLate:
    """A claimed case was not signed when it was due."""

    case_id: int
    radiologist_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOpened:
    """A claimed case is open to others: its reader gave no sign, or the coordinator said so."""

    case_id: int
    radiologist_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesToOffer:
    """Cases that are to be decided anew: a centre is down or back, or a reader was not reached."""

    case_ids: tuple[int, ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningListMade:
    """A society can read what others have read for its hospitals, and what is open."""

    list_id: int
    society_id: int
    read_count: int
    open_count: int
