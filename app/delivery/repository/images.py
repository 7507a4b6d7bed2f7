"""Queries that ask for images to be sent, send what came since, and stop what nobody waits for."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.delivery.domain.shipment import DeliveryState, Kind
from app.delivery.models import DeliveredInstance, Delivery
from app.delivery.repository.outbox import find_with_unsent
from app.delivery.repository.wanted import is_chosen, is_unread, may_leave
from app.intake.models import Instance, Series

_MOVING = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)
_STOPPED = (DeliveryState.WAITING.value, DeliveryState.DEAD.value)
"""Nothing of it is on its way: it waits, maybe a long pause, or was given up."""


async def lock_images(
    session: AsyncSession,
    *,
    case_id: int,
    pairs: Mapping[tuple[int, int], bool],
    now: datetime,
) -> dict[tuple[int, int], Delivery]:
    """Lock what goes for a case, and add what was never asked for.

    All of it in one order, before any of it is changed: two cases of one patient send each other's
    studies, and none waits for what the other holds while it holds what the other waits for.

    Parameters
    ----------
    pairs
        The node and the study of each, and whether it is a prior.
    """
    concerned = Delivery.case_id == case_id
    if pairs:
        await _add(session, pairs, case_id=case_id, now=now)
        pair = tuple_(Delivery.endpoint_id, Delivery.study_id)
        concerned = or_(concerned, pair.in_(sorted(pairs)))
    # It waits for a try that is being finished: only then it is known what is left to send.
    going = await session.scalars(
        select(Delivery)
        .where(Delivery.kind == Kind.IMAGES.value, concerned)
        .order_by(Delivery.endpoint_id, Delivery.study_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {(each.endpoint_id or 0, each.study_id or 0): each for each in going}


async def _add(
    session: AsyncSession,
    pairs: Mapping[tuple[int, int], bool],
    *,
    case_id: int,
    now: datetime,
) -> None:
    await session.execute(
        insert(Delivery).on_conflict_do_nothing(),
        [
            {
                "kind": Kind.IMAGES.value,
                "case_id": case_id,
                "endpoint_id": endpoint_id,
                "study_id": study_id,
                "is_prior": is_prior,
                "created_at": now,
                "asked_at": now,
                "due_at": now,
            }
            for (endpoint_id, study_id), is_prior in sorted(pairs.items())
        ],
    )


async def ask_to_read(
    session: AsyncSession, delivery: Delivery, *, case_id: int, now: datetime
) -> None:
    """Ask for a study to be sent to a node; what it has of it stays there, and is not sent again.

    Asked for again, it is sent if it was cancelled, or if images have come since. It follows its
    study to the case that it is in now. The caller holds the delivery.
    """
    if delivery.is_prior:
        # What was sent beside another case is to be read now: it keeps neither pause nor failure.
        delivery.is_prior, delivery.asked_at = False, now
        if delivery.state in _STOPPED:
            delivery.state = DeliveryState.WAITING.value
            delivery.due_at, delivery.tries, delivery.node_was_away = now, 0, False
    delivery.case_id = case_id
    await _ask(session, delivery, now=now)


async def ask_beside(
    session: AsyncSession, delivery: Delivery, *, case_id: int, now: datetime
) -> None:
    """Ask for a study to be sent beside those of a case, after all that is to be read.

    One that is to be read itself, or was, keeps its own case and its place. The caller holds the
    delivery.
    """
    if delivery.is_prior or delivery.state == DeliveryState.CANCELLED.value:
        delivery.case_id, delivery.is_prior = case_id, True
        await _ask(session, delivery, now=now)


async def _ask(session: AsyncSession, delivery: Delivery, *, now: datetime) -> None:
    """Send what was cancelled, or what came since a node had all."""
    state = DeliveryState(delivery.state)
    is_behind = state is DeliveryState.DELIVERED and bool(
        await find_with_unsent(session, [delivery.id])
    )
    if is_behind or state is DeliveryState.CANCELLED:
        delivery.state = DeliveryState.WAITING.value
        delivery.asked_at = delivery.due_at = now
        delivery.tries = 0
    await session.flush()


async def wake_images(session: AsyncSession, *, study_id: int, now: datetime) -> int:
    """Send what came since to the nodes that had all of a study; return how many there are.

    Nothing more leaves for a voided case, nor to where nobody reads it any more.
    """
    # A try that is just being finished may have looked before the images came: it is waited for.
    await session.execute(
        select(Delivery.id)
        .where(Delivery.study_id == study_id, Delivery.state.in_((*_MOVING, "delivered")))
        .order_by(Delivery.endpoint_id)
        .with_for_update(key_share=True)
    )
    voided = select(Case.id).where(
        Case.id == Delivery.case_id, Case.state == CaseState.VOIDED.value
    )
    woken = await session.scalars(
        update(Delivery)
        .where(
            Delivery.study_id == study_id,
            Delivery.state == DeliveryState.DELIVERED.value,
            ~voided.exists(),
            ~is_unread(),
            may_leave(),
        )
        .values(state=DeliveryState.WAITING.value, asked_at=now, due_at=now, tries=0)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(woken.all())


async def cancel_unread(session: AsyncSession, *, case_id: int) -> None:
    """Stop what is on its way to nodes where nobody reads a case any more; what they have stays.

    So are priors stopped that the case has no more: they are another's, or their class changed.
    """
    await session.execute(
        update(Delivery)
        .where(
            Delivery.case_id == case_id,
            Delivery.kind == Kind.IMAGES.value,
            Delivery.state.in_(_MOVING),
            or_(is_unread(), and_(Delivery.is_prior, ~is_chosen())),
        )
        .values(state=DeliveryState.CANCELLED.value, token=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )


async def forget_instances(session: AsyncSession, delivery_id: int) -> None:
    """Send all images of a study anew, also those that the node had accepted."""
    await session.execute(
        delete(DeliveredInstance).where(DeliveredInstance.delivery_id == delivery_id)
    )
    await session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(sent_count=0)
        .execution_options(synchronize_session=False)
    )


async def is_purged(session: AsyncSession, study_id: int) -> bool:
    """Tell whether a study had images and none of them is kept any more."""
    kept = await session.scalar(
        select(func.bool_or(Instance.purged_at.is_(None)))
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id == study_id)
    )
    return kept is False
