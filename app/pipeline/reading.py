"""What readers and coordinators do with a case."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.cases import service as cases
from app.cases.domain.priority import Priority
from app.cases.domain.states import CaseState
from app.delivery import service as delivery
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.dispatch.domain.watch import SignMeans
from app.dispatch.events import CaseClaimed
from app.kit.errors import NotAllowed
from app.pipeline.offering import case_offered, offer_again, wake_dispatch
from app.pipeline.watching import claim_ended, reader_answered
from app.reports import service as reports
from app.reports.domain.document import Chapters


async def acknowledge(
    session: AsyncSession,
    case_id: int,
    *,
    actor: Actor,
    now: datetime,
    means: SignMeans = SignMeans.KEY,
) -> None:
    """When a nominee has seen a case, the clock of acknowledgement stops."""
    await dispatch.acknowledge(session, case_id=case_id, actor=actor, now=now, means=means)
    await wake_dispatch(session)


async def claim(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a reader takes a case, its images go to that reader's centre."""
    event = await dispatch.claim(session, case_id=case_id, actor=actor, now=now)
    await _claimed(session, event, now=now)


async def _claimed(session: AsyncSession, event: CaseClaimed, *, now: datetime) -> None:
    await delivery.send_to_readers(session, event.case_id, now=now)
    await delivery.hospital_needs_no_fallback(session, event.case_id, now=now)
    await wake_dispatch(session)


async def release(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When a reader gives a case back, it is offered to others at once."""
    await dispatch.release(session, case_id=case_id, actor=actor, reason=reason, now=now)
    await claim_ended(session, case_id, outcome="given back", now=now)
    await offer_again(session, case_id, cause="released", now=now)


async def put_aside(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a reader puts a case aside for a more urgent one, it is asked for in time."""
    await dispatch.put_aside(session, case_id=case_id, actor=actor, now=now)
    await reader_answered(session, case_id, outcome="put aside", now=now)
    await wake_dispatch(session)


async def resume(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a reader takes a case up again that they had put aside, nobody asks about it."""
    await dispatch.resume(session, case_id=case_id, actor=actor, now=now)
    await reader_answered(session, case_id, outcome="resumed", now=now)
    await wake_dispatch(session)


async def still_reading(
    session: AsyncSession,
    case_id: int,
    *,
    actor: Actor,
    now: datetime,
    means: SignMeans = SignMeans.KEY,
) -> None:
    """When a reader gives a sign, nobody asks whether they still read the case."""
    if await dispatch.still_reading(session, case_id=case_id, actor=actor, now=now, means=means):
        await reader_answered(session, case_id, outcome="still read", now=now)


async def save_draft(
    session: AsyncSession,
    case_id: int,
    *,
    base: int,
    chapters: Chapters,
    actor: Actor,
    now: datetime,
) -> reports.Draft:
    """When a reader saves text, it is a sign; what was opened to others is theirs again."""
    await take_up_again(session, case_id, actor=actor, now=now)
    draft = await reports.save_draft(
        session, case_id=case_id, base=base, chapters=chapters, actor=actor, now=now
    )
    await note_text(session, case_id, actor=actor, now=now)
    return draft


async def take_up_again(
    session: AsyncSession, case_id: int, *, actor: Actor, now: datetime
) -> None:
    """When a reader goes on with what was opened to others, and nobody has it, they claim it."""
    event = await dispatch.take_up_again(session, case_id=case_id, actor=actor, now=now)
    if event is not None:
        await _claimed(session, event, now=now)


async def note_text(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When what is saved is of a case that is being read, its reader has given a sign."""
    case = await case_rows.get_case(session, case_id)
    if case.state == CaseState.READING:
        await still_reading(session, case_id, actor=actor, now=now, means=SignMeans.TEXT)


async def leave_with_reader(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When the coordinator leaves a case with its reader, nobody is asked about it for a while."""
    await dispatch.leave(session, case_id=case_id, actor=actor, reason=reason, now=now)
    await reader_answered(session, case_id, outcome="left with its reader", now=now)
    await wake_dispatch(session)


async def dispossess(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When the coordinator opens a case to others, it is offered to them at once."""
    await dispatch.dispossess(session, case_id=case_id, actor=actor, reason=reason, now=now)
    await claim_ended(session, case_id, outcome="opened to others", now=now)
    await offer_again(session, case_id, cause="opened", now=now)


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
    await claim_ended(session, case_id, outcome="reassigned", now=now)
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
