"""Use cases of a try: claim in a short transaction, send outside any, show that it lives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.locks import wait_for_lock
from app.db.notify import WORK, notify
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination, Rewriting
from app.delivery.domain.shipment import Item, Kind, Shipment, Tried
from app.delivery.models import Delivery, route_of
from app.delivery.repository import due, finishing, outbox
from app.delivery.repository.rewriting import list_rewritings
from app.delivery.service import measuring
from app.delivery.service.planning import JOB

LEASE = timedelta(seconds=60)
"""How long a claim holds without a sign of life; then another may take it."""
_CLAIMING = "deliveries"
"""The advisory lock of whoever claims."""


async def claim_due(
    session: AsyncSession, *, now: datetime, nodes: int
) -> list[tuple[Shipment, ...]]:
    """Claim the most urgent deliveries that are due, with all that is needed to send them.

    Parameters
    ----------
    nodes
        How many at most, >= 0.

    Returns
    -------
    list
        What goes to each node in one try, the most urgent node first.
    """
    # One at a time: a second one would pass over what the first has looked at and left, and not
    # see that a node is taken now.
    await wait_for_lock(session, _CLAIMING)
    claimed = await due.claim(session, now=now, until=now + LEASE, nodes=nodes)
    if not claimed:
        return []
    load = await _load(session, [each for together in claimed for each in together])
    return [tuple(load.pack(each, now=now) for each in together) for together in claimed]


@dataclass(frozen=True, slots=True)
class _Load:
    """What deliveries send, how, and where; by delivery, or by node."""

    items: Mapping[int, list[Item]]
    rewritings: Mapping[int, Rewriting]
    destinations: Mapping[int, Destination]

    def pack(self, delivery: Delivery, *, now: datetime) -> Shipment:
        route = route_of(delivery)
        if delivery.token is None:
            raise ValueError(f"delivery {delivery.id} is not claimed")
        return Shipment(
            delivery_id=delivery.id,
            token=delivery.token,
            claimed_at=now,
            case_id=route.case_id,
            kind=Kind(delivery.kind),
            endpoint_id=route.endpoint_id,
            destination=self.destinations[route.endpoint_id],
            items=tuple(self.items[delivery.id]),
            rewriting=self.rewritings.get(delivery.id),
        )


async def _load(session: AsyncSession, deliveries: Sequence[Delivery]) -> _Load:
    images = [each.id for each in deliveries if each.study_id is not None]
    items = await outbox.list_unsent_items(session, images) if images else {}
    for each in deliveries:
        if each.document_id is not None:
            items[each.id] = [await outbox.get_document_item(session, each.document_id)]
    endpoint_ids = {route_of(each).endpoint_id for each in deliveries}
    return _Load(
        items=items,
        rewritings=await list_rewritings(session, images) if images else {},
        destinations=await outbox.list_destinations(session, endpoint_ids),
    )


async def wake_rendered(session: AsyncSession) -> None:
    """Wake who sends: documents that were waited for are rendered."""
    await notify(session, channel=WORK, payload=JOB)


async def note_progress(session: AsyncSession, tried: Sequence[Tried], *, now: datetime) -> int:
    """Keep what was accepted so far, and hold the claims for longer; an open page of a case sees.

    Returns
    -------
    int
        How many claims are held still; none: stop sending, another has taken over.
    """
    held = await outbox.lock_claimed(session, [each.shipment for each in tried])
    if not held:
        return 0
    changed = await note_accepted(session, tried, held=held)
    # No case is waited for: who holds one may wait for these deliveries. Its page sees the next.
    free = await cases.try_lock_cases(session, list_cases(held[each] for each in changed))
    await cases.touch_all(session, [each.id for each in free])
    await outbox.renew(session, held, until=now + LEASE)
    return len(held)


async def must_give_way(session: AsyncSession, shipment: Shipment, *, now: datetime) -> bool:
    """Tell whether something more urgent waits for the node: this is then sent on after it."""
    return await due.is_outranked(session, shipment.delivery_id, now=now)


async def note_accepted(
    session: AsyncSession, tried: Sequence[Tried], *, held: Mapping[int, Delivery]
) -> list[int]:
    """Keep which images were accepted; list the deliveries with more of them than before."""
    accepted = {
        each.shipment.delivery_id: instance_ids
        for each in tried
        if each.shipment.delivery_id in held and (instance_ids := _list_accepted(each))
    }
    stocks = await finishing.note_accepted(session, accepted)
    changed = {
        each: stock for each, stock in stocks.items() if stock.image_count != held[each].sent_count
    }
    await measuring.note_stocks(session, changed, deliveries=held.values())
    return sorted(changed)


def _list_accepted(each: Tried) -> list[int]:
    return [
        item.instance_id
        for item, result in zip(each.shipment.items, each.results or (), strict=False)
        if result.outcome is Outcome.ACCEPTED and item.instance_id is not None
    ]


def list_cases(deliveries: Iterable[Delivery]) -> list[int]:
    """List the cases of deliveries, each once, in order."""
    return sorted({each.case_id for each in deliveries if each.case_id is not None})
