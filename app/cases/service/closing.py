"""Use cases that end a case: delivered, read by its requester, or set aside."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.states import CaseAction, CaseState
from app.cases.events import CaseVoided
from app.cases.service.facts import check_reason


async def void(
    session: AsyncSession, *, case_id: int, reason: str, by_user_id: int | None, now: datetime
) -> CaseVoided:
    """Set a case aside for good, from any state; its timeline and its studies stay readable.

    Raises
    ------
    MoveRefused
        If it was voided before.
    Invalid
        If no reason is given.
    """
    check_reason(reason)
    await repository.move(
        session,
        case_id,
        action=CaseAction.VOID,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        dispatch_due_at=None,
        step_due_at=None,
    )
    await repository.end_links(session, case_id=case_id, now=now)
    return CaseVoided(case_id=case_id)


async def acknowledge_result(
    session: AsyncSession, *, case_id: int, by_user_id: int, now: datetime
) -> None:
    """Note that the requester has read the report; said again, it changes nothing.

    Raises
    ------
    MoveRefused
        If the report has not been delivered.
    """
    case = await repository.lock_case(session, case_id)
    if CaseState(case.state) is CaseState.ACKNOWLEDGED:
        return
    await repository.move(
        session,
        case_id,
        action=CaseAction.ACKNOWLEDGE,
        now=now,
        by_user_id=by_user_id,
        reason="read by the site",
    )


async def mark_delivered(session: AsyncSession, *, case_id: int, now: datetime) -> None:
    """Move a signed case on: its report has reached every node that was to have it."""
    await repository.move(
        session,
        case_id,
        action=CaseAction.DELIVER,
        now=now,
        by_user_id=None,
        reason="report accepted by the site",
    )
