"""Each event of the flow and the use cases it starts, from the first image to the last delivery.

Read from top to bottom, this is the way of a study. Every function runs inside the transaction of
its caller (a request, or a job of the scheduler), which alone commits. What leaves the machine is
written to the outbox here and sent by a job.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.cases.domain.priority import Priority
from app.cases.events import CaseOpened, ImagesAdded
from app.db.notify import WORK, notify
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.intake.models import Study
from app.kit.errors import NotAllowed
from app.settings import Settings


async def images_arrived(
    session: AsyncSession, study: Study, *, settings: Settings, now: datetime
) -> None:
    """When images of a study are indexed, a case opens at the first one, or grows."""
    event = await cases.take_news(
        session,
        study,
        now=now,
        ae_title=settings.ae_title,
        dispatch_latest=settings.dispatch_latest,
    )
    match event:
        case CaseOpened():
            await notify(session, channel=WORK, payload="dispatch")
        case ImagesAdded():
            pass


async def study_completed(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    """When a study has been silent long enough, its case is due once all its studies are."""
    if await cases.note_completeness(session, study_id, now=now) is not None:
        await notify(session, channel=WORK, payload="dispatch")


async def case_due(session: AsyncSession, case_id: int, *, now: datetime) -> bool:
    """When a case is due, it is offered to readers, or its circle is widened.

    Returns
    -------
    bool
        Whether anybody was nominated.
    """
    offered = await dispatch.nominate_due(session, case_id, now=now)
    if offered is None:
        offered = await dispatch.take_step(session, case_id, now=now)
    return await _case_offered(session, offered, now=now)


async def _case_offered(
    session: AsyncSession, event: CaseNominated | NobodyOnGuard | None, *, now: datetime
) -> bool:
    """When a case is offered, its images go to the centres of those it is offered to."""
    if not isinstance(event, CaseNominated):
        return False
    return True


async def acknowledge(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a nominee has seen a case, the clock of acknowledgement stops."""
    await dispatch.acknowledge(session, case_id=case_id, actor=actor, now=now)


async def claim(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a reader takes a case, its images go to that reader's centre."""
    await dispatch.claim(session, case_id=case_id, actor=actor, now=now)


async def release(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When a reader gives a case back, it is offered to others at once."""
    event = await dispatch.release(session, case_id=case_id, actor=actor, reason=reason, now=now)
    await _case_offered(session, event, now=now)


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
    await _case_offered(session, event, now=now)


async def change_priority(
    session: AsyncSession,
    case_id: int,
    *,
    priority: Priority,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """When a case becomes more urgent, it may be due at once."""
    event = await cases.change_priority(
        session,
        case_id=case_id,
        priority=priority,
        reason=reason,
        by_user_id=_user_of(actor),
        now=now,
    )
    if event is not None:
        await notify(session, channel=WORK, payload="dispatch")


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
    await cases.void(session, case_id=case_id, reason=reason, by_user_id=_user_of(actor), now=now)
    await dispatch.let_go(session, case_id=case_id, now=now)


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        msg = "this is done by a person, never by the platform itself"
        raise NotAllowed(msg)
    return actor.user_id
