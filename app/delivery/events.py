"""What happens to deliveries, for those downstream."""

from dataclasses import dataclass

from app.delivery.domain.shipment import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A peer has accepted all of a delivery.

    Attributes
    ----------
    completes_case
        Was it the last one that the signed case needed?
    """

    case_id: int
    delivery_id: int
    kind: Kind
    completes_case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A delivery became a dead letter."""

    case_id: int
    delivery_id: int
    kind: Kind
