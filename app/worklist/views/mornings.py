"""Morning lists, as a page or a program shows them."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningView:
    """A list, with how much of it whoever looks sees."""

    list_id: int
    society_id: int
    society: str
    zone: str
    day: date
    starts_at: datetime
    ends_at: datetime
    read_count: int
    open_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningItemView:
    """A case on a list; the case itself has the patient and the report."""

    case_id: int
    kind: str
    """`app.dispatch.domain.morning.MorningKind`."""
    site_name: str
    description: str
    priority: str
    reader: str | None
    reader_society: str | None
    signed_at: datetime | None
    state: str
    """When the list was made."""
    state_now: str
    critical: bool
    """Is a call about a critical finding still to be made?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningSheet:
    """A list with its cases: what others have read, and what is open."""

    morning: MorningView
    read: tuple[MorningItemView, ...]
    open: tuple[MorningItemView, ...]
