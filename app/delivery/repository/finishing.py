"""Queries that keep what a try came to; they run for each, so that each is built once, here."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    Text,
    Update,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named
from app.db.clock import NOW
from app.delivery.domain.retry import find_pause
from app.delivery.domain.shipment import DeliveryState, Stock
from app.delivery.models import DeliveredInstance, Delivery
from app.intake.models import Instance

_WAITING = DeliveryState.WAITING.value
_INSTANT = TIMESTAMP(timezone=True)

_ACCEPTED_COUNT = (
    select(func.count())
    .select_from(DeliveredInstance)
    .where(DeliveredInstance.delivery_id == Delivery.id)
    .correlate(Delivery)
    .scalar_subquery()
)
_ACCEPTED_BYTES = (
    select(func.coalesce(func.sum(Instance.size_bytes), 0))
    .join(DeliveredInstance, DeliveredInstance.instance_id == Instance.id)
    .where(DeliveredInstance.delivery_id == Delivery.id)
    .correlate(Delivery)
    .scalar_subquery()
)
_ADD_ACCEPTED = insert(DeliveredInstance).on_conflict_do_nothing()
_COUNT_ACCEPTED = (
    update(Delivery)
    .where(Delivery.id == any_(keys_named("deliveries")))
    .values(sent_count=_ACCEPTED_COUNT)
    .returning(Delivery.id, Delivery.sent_count, _ACCEPTED_BYTES)
    .execution_options(synchronize_session=False)
)


async def note_accepted(
    session: AsyncSession, accepted: Mapping[int, Collection[int]]
) -> dict[int, Stock]:
    """Keep which images nodes have accepted, by delivery; give what they have of each study."""
    rows = [
        {"delivery_id": delivery_id, "instance_id": each}
        for delivery_id, instance_ids in accepted.items()
        for each in instance_ids
    ]
    if not rows:
        return {}
    await session.execute(_ADD_ACCEPTED, rows)
    counted = await session.execute(_COUNT_ACCEPTED, {"deliveries": sorted(accepted)})
    return {delivery_id: Stock(count, int(size)) for delivery_id, count, size in counted}


def _update_ended() -> Update:
    # The table itself: many rows, each with its own values, go in one round trip.
    delivery = Delivery.__table__
    return (
        update(delivery)  # type: ignore[arg-type]
        .where(
            delivery.c.id == bindparam("ended", type_=BigInteger),
            delivery.c.token == bindparam("claim", type_=Uuid),
        )
        .values(
            token=None,
            claimed_until=None,
            state=bindparam("to_state", type_=Text),
            due_at=bindparam("to_due_at", type_=_INSTANT),
            tries=bindparam("to_tries", type_=BigInteger),
            attempt_count=delivery.c.attempt_count + 1,
            delivered_at=bindparam("to_delivered_at", type_=_INSTANT),
            node_was_away=bindparam("to_node_was_away", type_=Boolean),
            last_error=bindparam("to_last_error", type_=Text),
        )
    )


_END_CLAIMS = _update_ended()


async def end_claims(session: AsyncSession, ended: Sequence[dict[str, Any]]) -> None:
    """Let go of claims after a try of each, and put the deliveries where the decisions say.

    Parameters
    ----------
    ended
        The delivery as `ended`, its token as `claim`, and the columns that change as `to_...`.
    """
    await session.execute(_END_CLAIMS, ended)


async def share_absence(session: AsyncSession, endpoint_id: int, *, now: datetime) -> None:
    """Let all that is due for a node wait for it too: it could not be reached just now."""
    rows = await session.scalars(_LOCK_DUE, {"endpoint": endpoint_id, "now": now})
    for each in rows:
        each.tries += 1
        each.due_at = now + find_pause(each.tries)
        each.node_was_away = True
    await session.flush()


# What another transaction holds is passed over: it is being sent, cancelled or asked for again.
_LOCK_DUE = (
    select(Delivery)
    .where(
        Delivery.endpoint_id == bindparam("endpoint", type_=BigInteger),
        Delivery.state == _WAITING,
        Delivery.due_at <= NOW,
    )
    .order_by(Delivery.id)
    .with_for_update(key_share=True, skip_locked=True)
    .execution_options(populate_existing=True)
)
_KEPT_BACK = (
    select(Delivery.id)
    .where(
        Delivery.endpoint_id == any_(keys_named("endpoints")),
        Delivery.state == _WAITING,
        Delivery.node_was_away,
    )
    .order_by(Delivery.id)
    .with_for_update(key_share=True, skip_locked=True)
    .cte("kept_back")
)
_END_ABSENCE = (
    update(Delivery)
    .where(Delivery.id.in_(select(_KEPT_BACK.c.id)))
    .values(due_at=NOW, node_was_away=False)
    .execution_options(synchronize_session=False)
)


async def end_absences(
    session: AsyncSession, endpoint_ids: Collection[int], *, now: datetime
) -> None:
    """Let all that waits for nodes go now: they are back."""
    await session.execute(_END_ABSENCE, {"endpoints": sorted(endpoint_ids), "now": now})
