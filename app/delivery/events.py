"""What happens to deliveries, for those downstream."""

from dataclasses import dataclass

from app.delivery.domain.shipment import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A peer has accepted all of a delivery.

    Attributes
    ----------
    completes_case
        Does the site of the signed case now have all that it needs?
    """

    case_id: int
    delivery_id: int
    kind: Kind
    completes_case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A delivery became a dead letter.

    Attributes
    ----------
    completes_case
        Was it all that a signed case still waited for, whose site has the report in another form?
    """

    case_id: int
    delivery_id: int
    kind: Kind
    completes_case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Redelivered:
    """What was missing of a report was asked for again.

    Attributes
    ----------
    planned_count
        Deliveries that were added or asked for again; >= 0.
    completes_case
        Does the site of the signed case already have all that it needs?
    """

    case_id: int
    planned_count: int
    completes_case: bool
