"""Queries that read, renew and finish what was claimed."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.ports import Destination
from app.delivery.domain.retry import find_pause
from app.delivery.domain.shipment import DeliveryState, Item
from app.delivery.models import DeliveredInstance, Delivery
from app.directory.models import Endpoint
from app.intake.models import Instance, Series, Study
from app.reports.models import Document

_WAITING, _SENDING = DeliveryState.WAITING.value, DeliveryState.SENDING.value
_NEVER_SENT = ("to_compare", "same")
"""Images that came again: not compared yet, or the same ones."""


async def get_destination(session: AsyncSession, endpoint_id: int) -> Destination:
    """Read where a node is now: its address may have been corrected since the last try."""
    rows = await session.scalars(select(Endpoint).where(Endpoint.id == endpoint_id))
    endpoint = rows.one()
    return Destination(endpoint.ae_title, endpoint.host, endpoint.port, endpoint.tls)


async def get_document_item(session: AsyncSession, document_id: int) -> Item:
    """Read the file of a rendered document."""
    document = (await session.scalars(select(Document).where(Document.id == document_id))).one()
    return Item(
        sop_instance_uid=document.sop_instance_uid or "",
        path=document.path or "",
        digest=document.digest,
    )


_UNSENT = (
    select(
        Instance.sop_instance_uid,
        Instance.path,
        Instance.id,
        Instance.size_bytes,
        Instance.arrival_id,
    )
    .join(Series, Series.id == Instance.series_id)
    .join(Study, Study.id == Series.study_id)
    .where(
        Study.id == bindparam("study", type_=BigInteger),
        Instance.purged_at.is_(None),
        or_(Instance.repeat.is_(None), Instance.repeat.not_in(_NEVER_SENT)),
        ~exists().where(
            DeliveredInstance.delivery_id == bindparam("delivery", type_=BigInteger),
            DeliveredInstance.instance_id == Instance.id,
        ),
        # Whose the images of a prior are must be certain: those of another leave with none.
        or_(not_(bindparam("is_prior", type_=Boolean)), Study.identity_open.is_(False)),
    )
)
_UNSENT_IN_ORDER = _UNSENT.order_by(Instance.id)
_ANY_UNSENT = _UNSENT.with_only_columns(Instance.id).limit(1)


async def list_unsent_items(session: AsyncSession, delivery: Delivery) -> list[Item]:
    """List the images of a study that its node has not accepted yet, in order of arrival."""
    rows = await session.execute(_UNSENT_IN_ORDER, _name(delivery))
    return [
        Item(
            sop_instance_uid=sop_instance_uid,
            path=path,
            instance_id=instance_id,
            size_bytes=size_bytes,
            arrival_id=arrival_id,
        )
        for sop_instance_uid, path, instance_id, size_bytes, arrival_id in rows
    ]


async def has_unsent(session: AsyncSession, delivery: Delivery) -> bool:
    """Are there images of the study that the node has not accepted?"""
    return await session.scalar(_ANY_UNSENT, _name(delivery)) is not None


def _name(delivery: Delivery) -> dict[str, object]:
    return {
        "study": delivery.study_id,
        "delivery": delivery.id,
        "is_prior": delivery.is_prior,
    }


async def lock_claim(
    session: AsyncSession, *, delivery_id: int, token: uuid.UUID
) -> Delivery | None:
    """Lock a delivery that is still held by this claim."""
    return await session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.token == token, Delivery.state == _SENDING)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def renew(session: AsyncSession, delivery: Delivery, *, until: datetime) -> None:
    """Hold a claim for longer."""
    await session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(claimed_until=until)
        .execution_options(synchronize_session=False)
    )


async def note_accepted(
    session: AsyncSession, delivery: Delivery, *, instance_ids: Sequence[int]
) -> bool:
    """Keep which images the node has accepted; tell whether there are more than before."""
    if not instance_ids:
        return False
    rows = [{"delivery_id": delivery.id, "instance_id": each} for each in instance_ids]
    await session.execute(insert(DeliveredInstance).on_conflict_do_nothing(), rows)
    count = (
        select(func.count())
        .select_from(DeliveredInstance)
        .where(DeliveredInstance.delivery_id == delivery.id)
    )
    sent_count = await session.scalar(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(sent_count=count.scalar_subquery())
        .returning(Delivery.sent_count)
        .execution_options(synchronize_session=False)
    )
    return sent_count != delivery.sent_count


async def count_accepted_bytes(session: AsyncSession, delivery_id: int) -> int:
    """Count the bytes of what a node has accepted of a study."""
    total = await session.scalar(
        select(func.sum(Instance.size_bytes))
        .join(DeliveredInstance, DeliveredInstance.instance_id == Instance.id)
        .where(DeliveredInstance.delivery_id == delivery_id)
    )
    return int(total or 0)


async def end_claim(session: AsyncSession, delivery: Delivery, **columns: Any) -> None:  # noqa: ANN401 - columns of several types
    """Let go of a claim, and put the delivery where the decision says."""
    await session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.token == delivery.token)
        .values(token=None, claimed_until=None, **columns)
        .execution_options(synchronize_session=False)
    )


async def share_absence(session: AsyncSession, delivery: Delivery, *, now: datetime) -> None:
    """Let all that is due for a node wait for it too: it could not be reached just now."""
    for each in await _lock_waiting(session, delivery, Delivery.due_at <= now):
        each.tries += 1
        each.due_at = now + find_pause(each.tries)
        each.node_was_away = True
    await session.flush()


async def end_absence(session: AsyncSession, delivery: Delivery, *, now: datetime) -> None:
    """Let all that waits for a node go now: it is back."""
    for each in await _lock_waiting(session, delivery, Delivery.node_was_away.is_(true())):
        each.due_at = now
        each.node_was_away = False
    await session.flush()


async def _lock_waiting(
    session: AsyncSession, delivery: Delivery, *conditions: ColumnElement[bool]
) -> Sequence[Delivery]:
    # What another transaction holds is passed over: it is being sent, cancelled or asked for again.
    rows = await session.scalars(
        select(Delivery)
        .where(
            Delivery.endpoint_id == delivery.endpoint_id,
            Delivery.id != delivery.id,
            Delivery.state == _WAITING,
            *conditions,
        )
        .order_by(Delivery.id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()
