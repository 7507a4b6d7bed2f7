"""How a revision of a planning came to be, and what it says of one seat."""

from dataclasses import dataclass
from enum import StrEnum

from app.planning.domain.seats import AssignmentReason


class RevisionKind(StrEnum):
    """How a revision came to be."""

    DRAFT = "draft"
    """A proposal for a whole planning, published or not."""
    EDIT = "edit"
    """A seat that changed hands at once, or was added, closed, given other hours."""
    SWAP = "swap"
    REPAIR = "repair"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Word:
    """What a draft says of a seat.

    Parameters
    ----------
    society
        The one that owes the seat.
    radiologist
        Who is to hold it; absent: nobody.
    locked
        It stays when the draft is computed again.
    """

    society: int
    radiologist: int | None
    reason: AssignmentReason
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """Who held a seat when the caller looked at it (absent: nobody)."""

    radiologist: int | None
