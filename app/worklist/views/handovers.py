"""What a reader leaves who goes off guard, as a page or a program shows it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverItemView:
    """A thing, and to whom it is offered; it carries no identity of a patient."""

    item_id: int
    kind: str
    """`app.dispatch.domain.handover.ItemKind`."""
    state: str
    """`app.dispatch.domain.handover.ItemState`."""
    case_id: int
    site_name: str
    description: str
    """What was examined."""
    priority: str
    case_state: str
    signed_due_at: datetime | None
    to_radiologist_id: int | None
    to_name: str | None
    offered_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    note: str
    outcome: str
    may_coordinate: bool
    """May whoever looks offer it to somebody, or set it aside?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverView:
    """A reader who leaves, with what of it whoever looks must see."""

    handover_id: int
    radiologist_id: int
    name: str
    telephone: str
    ends_at: datetime
    items: tuple[HandoverItemView, ...]


@dataclass(frozen=True, slots=True)
class TakerNamed:
    """Somebody on guard when another has left."""

    radiologist_id: int
    name: str
