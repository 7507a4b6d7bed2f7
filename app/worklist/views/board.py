"""The live board: open cases by slack, readers with their load, sites that send no images."""

from dataclasses import dataclass
from datetime import datetime

from app.worklist.views.worklist import WorklistRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What happens to a case by itself, and when."""

    kind: str
    """`offer`; of an unclaimed case also the audience of its next step
    (`app.cases.domain.sla.Audience`); of a claimed one the stage of its claim
    (`app.dispatch.domain.watch.ClaimStage`)."""
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCase:
    """A case with images that is not signed; the board shows nothing of its patient."""

    row: WorklistRow
    next_step: NextStep | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSite:
    """A site whose request was validated, and that has sent no image of it."""

    case_id: int
    priority: str
    site_name: str
    telephone_ct: str
    exam: str
    since: datetime
    """Since when it was validated."""
    asked_at: datetime | None
    """When the site is asked where the images are; nothing: it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLoad:
    """What a reader has in hand."""

    radiologist_id: int
    claimed: int
    aside: int
    """Of the claimed ones: put aside."""
    nominated: int
    claims_last_hour: int
    hourly_cap: int
    """Theirs or the group's, whichever is less: the policy asks nobody for more."""

    @property
    def is_capped(self) -> bool:
        """Have they taken as many in the last hour as they are to?"""
        return self.claims_last_hour >= self.hourly_cap


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeShown:
    """More comes than those on guard can read."""

    began_at: datetime
    quarter: int
    """Cases of the last 15 minutes, at the last look that spoke for it."""
    hour: int
    called_at: datetime | None
    """When the backup line was called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All of it, at an instant."""

    at: datetime
    cases: tuple[BoardCase, ...]
    """By least slack."""
    silent: tuple[SilentSite, ...]
    """The one that has waited longest stands first."""
    loads: tuple[ReaderLoad, ...]
    surge: SurgeShown | None
    last_association_at: datetime | None
    """When a sender last spoke to the gateway."""
