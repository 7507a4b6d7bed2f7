"""What follows when a notification was tried, and when its reader answers on the telephone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.delivery.domain.hook import CallResult
from app.delivery.domain.retry import NextStep, decide
from app.directory.domain import Actor
from app.dispatch.domain.notification import Answer, NotificationAction
from app.dispatch.domain.watch import SignMeans
from app.dispatch.models import Notification
from app.dispatch.repository.notification import find_person, offer_of
from app.dispatch.service import notification as use_cases
from app.dispatch.service import notification_tries as tries
from app.dispatch.service.check_in import note_answered
from app.dispatch.service.notification_tries import Claimed
from app.dispatch.service.presence import tell_pages
from app.kit.errors import Conflict
from app.pipeline.offering import offer_again
from app.pipeline.reading import acknowledge, still_reading

_ACTIONS = {
    NextStep.DONE: NotificationAction.ACCEPT,
    NextStep.RETRY: NotificationAction.RETRY,
    NextStep.GIVE_UP: NotificationAction.GIVE_UP,
}


class Answered(StrEnum):
    """What an answer came to; the service outside tells it the reader."""

    TAKEN = "taken"
    """The case is still offered to them, and waits for them."""
    RELEASED = "released"
    """It is offered to others."""
    TOO_LATE = "too_late"
    """It was no longer offered to them."""
    HEARD = "heard"
    """It was a test, or an alarm."""


async def notification_tried(
    session: AsyncSession, claimed: Claimed, *, result: CallResult, now: datetime
) -> None:
    """When a notification was tried, it is sent, tried again later, or given up."""
    row = await tries.keep_try(
        session, claimed, outcome=result.outcome.value, detail=result.detail, now=now
    )
    if row is None:
        return
    decision = decide(row.tries, outcome=result.outcome, since=row.created_at, now=now)
    is_done = decision.step is NextStep.DONE
    await tries.end_claim(
        session,
        row,
        action=_ACTIONS[decision.step],
        due_at=decision.due_at,
        error=None if is_done else tries.write_error(result.outcome.value, result.detail),
        now=now,
    )


async def telephone_reached(
    session: AsyncSession, reference: UUID, *, case_id: int | None, is_reached: bool, now: datetime
) -> None:
    """When a telephone was reached, or was not, it is kept."""
    row = await use_cases.lock_answered(session, reference, case_id=case_id)
    await use_cases.note_reached(session, row, is_reached=is_reached, now=now)


async def telephone_answered(
    session: AsyncSession, reference: UUID, *, case_id: int | None, answer: Answer, now: datetime
) -> Answered:
    """When a reader answers on the telephone, the case waits for them, or goes to others at once.

    Whatever key is pressed in a test, their telephone is tested.

    The same answer once more changes nothing, and comes to the same.
    """
    row = await use_cases.lock_answered(session, reference, case_id=case_id)
    is_new = await use_cases.note_answer(session, row, answer=answer.value, now=now)
    if row.case_id is None:
        if is_new and row.radiologist_id is not None:
            await note_answered(
                session, radiologist_id=row.radiologist_id, telephone=row.address, now=now
            )
            await tell_pages(session)
        return Answered.HEARD
    if answer is Answer.NOT_AVAILABLE:
        return await _release(session, row, is_new=is_new, now=now)
    return await _take(session, row, is_new=is_new, now=now)


async def _release(
    session: AsyncSession, row: Notification, *, is_new: bool, now: datetime
) -> Answered:
    if is_new and await use_cases.release_nominee(session, row, now=now):
        await offer_again(session, offer_of(row).case_id, cause="not available", now=now)
        return Answered.RELEASED
    return Answered.TOO_LATE if is_new else Answered.RELEASED


async def _take(
    session: AsyncSession, row: Notification, *, is_new: bool, now: datetime
) -> Answered:
    """Keep that its reader answers: a repeat of an old answer is no new sign of theirs."""
    offered = offer_of(row)
    case = await cases.get_case(session, offered.case_id)
    user_id, name = await find_person(session, offered.radiologist_id)
    actor = Actor(user_id=user_id, name=name, radiologist_id=offered.radiologist_id)
    if case.reader_id == offered.radiologist_id:
        if is_new and case.state == CaseState.READING:
            await still_reading(
                session, offered.case_id, actor=actor, means=SignMeans.TELEPHONE, now=now
            )
        return Answered.TAKEN
    try:
        await acknowledge(session, offered.case_id, actor=actor, means=SignMeans.TELEPHONE, now=now)
    except Conflict:
        return Answered.TOO_LATE
    return Answered.TAKEN
