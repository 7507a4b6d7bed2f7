"""What a decision knows: the case, and everybody who is on guard."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.dispatch.domain.presence import PresenceState
from app.kit.interval import Interval

EXPECTED_READ = timedelta(minutes=15)
"""How long one case takes where nothing better is known: Sexauer 2022 gives 16.05 min for a head
CT as an upper bound (doi 10.3390/jimaging8080208)."""


class Line(StrEnum):
    """How a reader is on guard."""

    FIRST = "first"
    BACKUP = "backup"
    COORDINATOR = "coordinator"


class Circle(StrEnum):
    """To whom a case may be offered at this step."""

    NEAREST = "nearest"
    """The best readers of the first line."""
    ON_GUARD = "on_guard"
    """Everybody on the first line."""
    BACKUP = "backup"
    """Also the backup line and the coordinator."""


class Ring(StrEnum):
    """How near a reader is to the site, nearest first."""

    REFERENT = "referent"
    TERRITORY = "territory"
    GCS = "gcs"
    OUTSIDE = "outside"
    """A named reader who belongs to no society of the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToRead:
    """What a decision needs to know of a case."""

    case_id: int
    priority: str
    signed_due_at: datetime
    readers_at_once: int
    owner_id: int | None = None
    """Who validated the request: while on guard, and on whatever line, they are asked first."""
    waiting_since: datetime | None = None
    """Since when there is something to read; nothing: it does not age."""
    modality: str = ""
    region: str = ""
    """Of the body, as `app.dispatch.domain.exams` names it."""
    step_due_at: datetime | None = None
    """When the circle is widened, if nobody takes it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a decision needs to know of somebody on guard."""

    radiologist_id: int
    line: Line
    guard: Interval
    ring: Ring
    may_read_site: bool
    claims: int
    """Cases being read now, >= 0."""
    nominations: int
    """Cases offered to this reader that would be read before this one, >= 0."""
    ahead_minutes: float
    """How long they need for both, by their own estimates, >= 0."""
    claims_last_hour: int
    hourly_cap: int
    read_minutes: float = EXPECTED_READ / timedelta(minutes=1)
    """How long this reader is expected to need for this case, > 0."""
    transfer_minutes: float = 0.0
    """Until its images are where this reader reads, >= 0."""
    sub_specialties: tuple[str, ...] = ()
    society_deficit: float = 0.0
    """How many exams of this guard their society is short of its share; less than 0: beyond it."""
    points: int = 0
    """Done too many up to now, in thousandths."""
    presence: PresenceState = PresenceState.PRESENT
    has_declined: bool = False
    """Released this very case."""
    is_called_to_site: bool = False
    """Is called to the site where they hold an on-site seat, beside the one at a distance."""
