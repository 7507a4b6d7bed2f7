"""What a try tells of the way to a node: how much has arrived there, and how long that took."""

from collections import defaultdict
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


async def note_transfers(session: AsyncSession, tried: Sequence[Tried], *, now: datetime) -> None:
    """Keep how long tries took, of each node that took all that it was given."""
    by_node: defaultdict[tuple[int, datetime], list[Tried]] = defaultdict(list)
    for each in tried:
        by_node[each.shipment.endpoint_id, each.shipment.claimed_at].append(each)
    measured = [
        Transfer(endpoint_id, sum(map(_count_bytes, own)), now - claimed_at)
        for (endpoint_id, claimed_at), own in by_node.items()
        if all(each.outcome is Outcome.ACCEPTED for one in own for each in one.results or ())
    ]
    worth = [each for each in measured if each.byte_count and each.lasted]
    await transfers.add_transfers(session, worth, now=now)


def _count_bytes(tried: Tried) -> int:
    return sum(item.size_bytes for item in tried.shipment.items[: len(tried.results or ())])
