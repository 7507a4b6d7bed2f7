"""Queries that claim, renew and finish what is due."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.delivery.domain.ports import Destination
from app.delivery.domain.shipment import DeliveryState, Item, Kind
from app.delivery.models import DeliveredInstance, Delivery
from app.directory.models import Endpoint
from app.intake.models import Instance, Series, Study
from app.reports.models import Document

_WAITING, _SENDING = DeliveryState.WAITING.value, DeliveryState.SENDING.value


async def claim_next(
    session: AsyncSession, *, now: datetime, until: datetime
) -> tuple[Delivery, uuid.UUID] | None:
    """Claim the most urgent delivery that is due; what another claims at the same time is skipped.

    A claim that ran out is due again: who held it was killed. A node gets one delivery at a time,
    so that one that stalls delays nobody else's.
    """
    chosen = await session.scalar(
        _ready(now)
        .where(or_(Delivery.due_at <= now, Delivery.state == _SENDING))
        .order_by(
            Case.priority,
            case((Delivery.kind == Kind.REPORT.value, 0), else_=1),
            Delivery.due_at,
            Delivery.id,
        )
        .limit(1)
        .with_for_update(of=Delivery, skip_locked=True, key_share=True)
    )
    if chosen is None:
        return None
    token = uuid.uuid4()
    claimed = await session.scalars(
        update(Delivery)
        .where(Delivery.id == chosen)
        .values(state=_SENDING, token=token, claimed_until=until)
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return claimed.one(), token


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a delivery is due, or a claim runs out."""
    waiting = await session.scalar(
        _ready(None).with_only_columns(func.min(Delivery.due_at)).where(Delivery.state == _WAITING)
    )
    sending = await session.scalar(
        select(func.min(Delivery.claimed_until)).where(Delivery.state == _SENDING)
    )
    return min((each for each in (waiting, sending) if each is not None), default=None)


def _ready(now: datetime | None) -> Select[int]:
    """Select the deliveries that could be sent if they were due: rendered, and to a free node.

    Without an instant no claim has run out.
    """
    has_run_out = false() if now is None else Delivery.claimed_until <= now
    other = aliased(Delivery)
    busy = exists().where(
        other.endpoint_id == Delivery.endpoint_id,
        other.state == _SENDING,
        true() if now is None else other.claimed_until > now,
    )
    is_rendered: ColumnElement[bool] = or_(
        Delivery.document_id.is_(None), Document.rendered_at.is_not(None)
    )
    is_free = or_(
        Delivery.state == _WAITING,
        and_(Delivery.state == _SENDING, has_run_out),
    )
    return (
        select(Delivery.id)
        .join(Case, Case.id == Delivery.case_id)
        .outerjoin(Document, Document.id == Delivery.document_id)
        .where(is_free, is_rendered, ~busy, Delivery.kind != Kind.NOTIFICATION.value)
    )


async def get_destination(session: AsyncSession, endpoint_id: int) -> Destination:
    """Read where a node is now: its address may have been corrected since the last try."""
    rows = await session.scalars(select(Endpoint).where(Endpoint.id == endpoint_id))
    endpoint = rows.one()
    return Destination(endpoint.ae_title, endpoint.host, endpoint.port)


async def get_document_item(session: AsyncSession, document_id: int) -> Item:
    """Read the file of a rendered document."""
    document = (await session.scalars(select(Document).where(Document.id == document_id))).one()
    return Item(
        sop_instance_uid=document.sop_instance_uid or "",
        path=document.path or "",
        digest=document.digest,
    )


async def list_unsent_items(session: AsyncSession, delivery: Delivery) -> list[Item]:
    """List the images of a study that its node has not accepted yet, in order of arrival."""
    rows = await session.scalars(_unsent(delivery).order_by(Instance.id))
    return [
        Item(
            sop_instance_uid=instance.sop_instance_uid,
            path=instance.path,
            instance_id=instance.id,
            arrival_id=instance.arrival_id,
        )
        for instance in rows
    ]


async def has_unsent(session: AsyncSession, delivery: Delivery) -> bool:
    """Are there images of the study that the node has not accepted?"""
    return await session.scalar(_unsent(delivery).limit(1)) is not None


def _unsent(delivery: Delivery) -> Select[Instance]:
    accepted = exists().where(
        DeliveredInstance.delivery_id == delivery.id,
        DeliveredInstance.instance_id == Instance.id,
    )
    return (
        select(Instance)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Series.study_id)
        .where(Study.id == delivery.study_id, ~accepted)
    )


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
) -> None:
    """Keep which images the node has accepted, and how many there are now."""
    if not instance_ids:
        return
    rows = [{"delivery_id": delivery.id, "instance_id": each} for each in instance_ids]
    await session.execute(insert(DeliveredInstance).on_conflict_do_nothing(), rows)
    count = (
        select(func.count())
        .select_from(DeliveredInstance)
        .where(DeliveredInstance.delivery_id == delivery.id)
    )
    await session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(sent_count=count.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


async def end_claim(session: AsyncSession, delivery: Delivery, **columns: Any) -> None:  # noqa: ANN401 - columns of several types
    """Let go of a claim, and put the delivery where the decision says."""
    await session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.token == delivery.token)
        .values(token=None, claimed_until=None, **columns)
        .execution_options(synchronize_session=False)
    )


async def is_report_outstanding(session: AsyncSession, case_id: int) -> bool:
    """Is there a report of the case that its node has not accepted?"""
    done = (DeliveryState.DELIVERED.value, DeliveryState.CANCELLED.value)
    found = await session.scalar(
        select(Delivery.id)
        .where(
            Delivery.case_id == case_id,
            Delivery.kind == Kind.REPORT.value,
            Delivery.state.not_in(done),
        )
        .limit(1)
    )
    return found is not None
