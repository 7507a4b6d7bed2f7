"""What readers and coordinators do with a case."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.cases.domain.priority import Priority
from app.delivery import service as delivery
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.kit.errors import NotAllowed
from app.pipeline.offering import case_offered, wake_dispatch


async def acknowledge(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a nominee has seen a case, the clock of acknowledgement stops."""
    await dispatch.acknowledge(session, case_id=case_id, actor=actor, now=now)


async def claim(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a reader takes a case, its images go to that reader's centre."""
    event = await dispatch.claim(session, case_id=case_id, actor=actor, now=now)
    await delivery.plan_images(
        session, case_id=case_id, radiologist_ids=[event.radiologist_id], now=now
    )


async def release(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When a reader gives a case back, it is offered to others at once."""
    event = await dispatch.release(session, case_id=case_id, actor=actor, reason=reason, now=now)
    await case_offered(session, event, now=now)
    await wake_dispatch(session)


async def reassign(
    session: AsyncSession,
    case_id: int,
    *,
    to_radiologist_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """When the coordinator gives a case to a reader, it is offered to that one alone."""
    event = await dispatch.reassign(
        session,
        case_id=case_id,
        to_radiologist_id=to_radiologist_id,
        actor=actor,
        reason=reason,
        now=now,
    )
    await case_offered(session, event, now=now)
    await wake_dispatch(session)


async def change_priority(
    session: AsyncSession,
    case_id: int,
    *,
    priority: Priority,
    reason: str,
    actor: Actor,
    now: datetime,
    may_lower: bool = True,
) -> None:
    """When a case becomes more urgent, it may be due at once.

    Parameters
    ----------
    may_lower
        Whether the actor is more than somebody who sees the case.
    """
    event = await cases.change_priority(
        session,
        case_id=case_id,
        priority=priority,
        reason=reason,
        by_user_id=user_of(actor),
        may_lower=may_lower,
        now=now,
    )
    if event is not None:
        await wake_dispatch(session)


async def mark_images_seen(
    session: AsyncSession, case_id: int, *, seen_count: int, actor: Actor, now: datetime
) -> None:
    """When the reader has seen late images, they no longer stand in the way of a signature."""
    await dispatch.mark_images_seen(
        session, case_id=case_id, seen_count=seen_count, actor=actor, now=now
    )


async def void(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When a case is set aside, nobody is asked to read it and nothing more leaves for it."""
    await cases.void(session, case_id=case_id, reason=reason, by_user_id=user_of(actor), now=now)
    await dispatch.let_go(session, case_id=case_id, now=now)
    await delivery.cancel_for_case(session, case_id=case_id, now=now)
    await cases.settle_all(
        session, case_id=case_id, outcome="set aside", by_user_id=user_of(actor), now=now
    )


def user_of(actor: Actor) -> int:
    """Give the person who acts."""
    if actor.user_id is None:
        msg = "this is done by a person, never by the platform itself"
        raise NotAllowed(msg)
    return actor.user_id
