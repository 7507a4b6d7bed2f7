"""Associations as the journal sees them."""

from app.intake.domain.arrival import AssociationSeen
from app.kit.ids import draw_arrival_id
from tests.factories.dicom import ACQUIRED_AT


def make_seen(*, sender_id: int, calling_ae_title: str = "CT1") -> AssociationSeen:
    """Make the start of an association."""
    return AssociationSeen(
        association_id=draw_arrival_id(),
        sender_id=sender_id,
        calling_ae_title=calling_ae_title,
        called_ae_title="ASTREINTE",
        address="10.0.0.1",
        opened_at=ACQUIRED_AT,
    )
