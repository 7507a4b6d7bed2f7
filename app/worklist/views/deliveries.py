"""The list of deliveries."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One try."""

    number: int
    started_at: datetime
    ended_at: datetime
    outcome: str
    status: int | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """A form of reports that a node refuses for good, since it last accepted one or ever."""

    endpoint_id: int
    endpoint_name: str
    form: str
    since: datetime
    count: int
    """How many documents it refused since then."""
    outcome: str
    status: int | None
    """What it answered last, when it gave a status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One thing to one endpoint, with its last try; it carries no patient data."""

    delivery_id: int
    kind: str
    form: str | None
    """Of a report: `sr`, `encapsulated_pdf` or `secondary_capture`."""
    state: str
    case_id: int | None
    """Nothing for a notification: it is about no case."""
    is_prior: bool
    """Of images: an earlier study, sent beside those that are to be read."""
    site_name: str | None
    endpoint_name: str
    """The node; of a notification, the address."""
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None
    attempt_count: int
    sent_count: int
    total_count: int
    """Images: how many the study has; else 1."""
    last_error: str | None
    last_attempt: AttemptView | None
