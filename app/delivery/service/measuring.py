"""What a try tells of the way to a node: how much has arrived there, and how long that took."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.shipment import Stock, Tried
from app.delivery.models import Delivery
from app.dispatch.domain.transfers import Transfer
from app.dispatch.repository import transfers


async def note_stocks(
    session: AsyncSession, stocks: Mapping[int, Stock], *, deliveries: Collection[Delivery]
) -> None:
    """Keep how much of studies their nodes have: a decision counts what is left to send."""
    by_study = {
        (each.study_id, each.endpoint_id): stocks[each.id].byte_count
        for each in deliveries
        if each.id in stocks and each.study_id is not None and each.endpoint_id is not None
    }
    await transfers.note_stocks(session, by_study)


async def note_transfer(session: AsyncSession, tried: Sequence[Tried], *, now: datetime) -> None:
    """Keep how long a try to a node took, when the node took all that it was given."""
    begun = [(each.shipment, each.results) for each in tried if each.results is not None]
    if not begun:
        return
    first = begun[0][0]
    lasted = now - first.claimed_at
    byte_count = sum(
        item.size_bytes for shipment, results in begun for item in shipment.items[: len(results)]
    )
    took_all = all(each.outcome is Outcome.ACCEPTED for _, results in begun for each in results)
    if took_all and byte_count and lasted:
        transfer = Transfer(first.endpoint_id, byte_count, lasted)
        await transfers.add_transfers(session, [transfer], now=now)
