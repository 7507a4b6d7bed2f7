"""What a try tells of the way to a node: how much has arrived there, and how long that took."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import SendResult
from app.delivery.domain.shipment import Shipment
from app.delivery.models import Delivery
from app.delivery.repository import outbox
from app.dispatch.domain.transfers import Transfer
from app.dispatch.repository import transfers


async def note_stock(session: AsyncSession, delivery: Delivery) -> None:
    """Keep how much of a study its node has: a decision counts what is left to send."""
    if delivery.study_id is not None and delivery.endpoint_id is not None:
        await transfers.note_stock(
            session,
            study_id=delivery.study_id,
            endpoint_id=delivery.endpoint_id,
            byte_count=await outbox.count_accepted_bytes(session, delivery.id),
        )


async def note_transfer(
    session: AsyncSession,
    delivery: Delivery,
    *,
    shipment: Shipment,
    results: Sequence[SendResult],
    now: datetime,
) -> None:
    """Keep how long images took, when the node took all that it was given."""
    lasted = now - shipment.claimed_at
    byte_count = sum(item.size_bytes for item in shipment.items[: len(results)])
    took_all = all(each.outcome is Outcome.ACCEPTED for each in results)
    if delivery.endpoint_id is None or not (took_all and byte_count and lasted):
        return
    transfer = Transfer(delivery.endpoint_id, byte_count, lasted)
    await transfers.add_transfer(session, transfer, now=now)
