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
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.delivery.domain.ports import Destination
from app.delivery.domain.retry import find_pause
from app.delivery.domain.shipment import DeliveryState, Item, Kind
from app.delivery.models import DeliveredInstance, Delivery
from app.delivery.repository.wanted import may_leave
from app.directory.models import Endpoint
from app.intake.models import Instance, Series, Study
from app.reports.models import Document, ReportVersion

_WAITING, _SENDING = DeliveryState.WAITING.value, DeliveryState.SENDING.value
_NEVER_SENT = ("to_compare", "same")
"""Images that came again: not compared yet, or the same ones."""
_URGENCY = (
    Delivery.is_prior,
    Case.priority,
    case((Delivery.kind == Kind.REPORT.value, 0), else_=1),
    Delivery.asked_at,
    Delivery.id,
)


async def claim_next(
    session: AsyncSession, *, now: datetime, until: datetime
) -> tuple[Delivery, uuid.UUID] | None:
    """Claim the most urgent delivery that is due; what another claims at the same time is skipped.

    A claim that ran out is due again: who held it was killed. A node gets one delivery at a time,
    so that one that stalls delays nobody else's. What waits because the node could not be reached
    goes in order of urgency and age as soon as any of it is due.
    """
    endpoint_id = await session.scalar(
        _ready(now)
        .with_only_columns(Delivery.endpoint_id)
        .where(_is_due(now))
        .order_by(*_URGENCY)
        .limit(1)
    )
    if endpoint_id is None:
        return None
    chosen = await session.scalar(
        _ready(now)
        .where(Delivery.endpoint_id == endpoint_id, or_(_is_due(now), Delivery.node_was_away))
        .order_by(*_URGENCY)
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


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(Delivery.due_at <= now, Delivery.state == _SENDING)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a delivery is due, or a claim runs out."""
    waiting = await session.scalar(
        _ready(None).with_only_columns(func.min(Delivery.due_at)).where(Delivery.state == _WAITING)
    )
    sending = await session.scalar(
        select(func.min(Delivery.claimed_until)).where(
            Delivery.state == _SENDING, Delivery.kind != Kind.NOTIFICATION.value, may_leave()
        )
    )
    return min((each for each in (waiting, sending) if each is not None), default=None)


def _ready(now: datetime | None) -> Select[int]:
    """Select what could be sent if it was due: rendered, to a free node, in order of versions.

    Without an instant no claim has run out.
    """
    has_run_out = false() if now is None else Delivery.claimed_until <= now
    other = aliased(Delivery)
    busy = exists().where(
        other.endpoint_id == Delivery.endpoint_id,
        other.state == _SENDING,
        true() if now is None else other.claimed_until > now,
    )
    is_free = or_(
        Delivery.state == _WAITING,
        and_(Delivery.state == _SENDING, has_run_out),
    )
    return (
        select(Delivery.id)
        .join(Case, Case.id == Delivery.case_id)
        .outerjoin(Document, Document.id == Delivery.document_id)
        .where(
            is_free,
            _is_rendered(),
            ~busy,
            ~_waits_for_version(),
            may_leave(),
            Delivery.kind != Kind.NOTIFICATION.value,
        )
    )


async def is_outranked(session: AsyncSession, delivery_id: int, *, now: datetime) -> bool:
    """Tell whether something more urgent is due for the node that a delivery is being sent to."""
    sent, of = aliased(Delivery), aliased(Case)
    more_urgent = (
        select(Delivery.id)
        .join(Case, Case.id == Delivery.case_id)
        .outerjoin(Document, Document.id == Delivery.document_id)
        .join(sent, sent.endpoint_id == Delivery.endpoint_id)
        .join(of, of.id == sent.case_id)
        .where(
            sent.id == delivery_id,
            Delivery.state == _WAITING,
            Delivery.due_at <= now,
            _is_rendered(),
            ~_waits_for_version(),
            may_leave(),
            tuple_(Delivery.is_prior, Case.priority) < tuple_(sent.is_prior, of.priority),
        )
    )
    return await session.scalar(more_urgent.limit(1)) is not None


def _is_rendered() -> ColumnElement[bool]:
    return or_(Delivery.document_id.is_(None), Document.rendered_at.is_not(None))


def _waits_for_version() -> ColumnElement[bool]:
    """Is an earlier version of the same report still on its way to the same node?"""
    version, earlier_version = aliased(ReportVersion), aliased(ReportVersion)
    earlier, earlier_document = aliased(Delivery), aliased(Document)
    return (
        exists()
        .where(
            version.id == Document.report_version_id,
            earlier_version.case_id == version.case_id,
            earlier_version.number < version.number,
            earlier_document.report_version_id == earlier_version.id,
            earlier.document_id == earlier_document.id,
            earlier.endpoint_id == Delivery.endpoint_id,
            earlier.state.in_((_WAITING, _SENDING)),
        )
        .correlate(Delivery, Document)
    )


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


async def list_unsent_items(session: AsyncSession, delivery: Delivery) -> list[Item]:
    """List the images of a study that its node has not accepted yet, in order of arrival."""
    rows = await session.scalars(_unsent(delivery).order_by(Instance.id))
    return [
        Item(
            sop_instance_uid=instance.sop_instance_uid,
            path=instance.path,
            instance_id=instance.id,
            size_bytes=instance.size_bytes,
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
        .where(
            Study.id == delivery.study_id,
            Instance.purged_at.is_(None),
            or_(Instance.repeat.is_(None), Instance.repeat.not_in(_NEVER_SENT)),
            ~accepted,
            # Whose the images of a prior are must be certain: those of another leave with none.
            true() if not delivery.is_prior else Study.identity_open.is_(False),
        )
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
