"""What dispatch has to do, and when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.cases.domain.states import UNCLAIMED
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.policy import RETRY
from app.dispatch.domain.turns import take_turns
from app.dispatch.repository import due

_AFTER_FAILURE = timedelta(minutes=1)


async def find_due(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Find the cases to be offered, whose step is due, whose claim is, as they take their turns.

    Returns
    -------
    list
        At most `limit`.
    """
    in_turn = take_turns(
        unasked=await due.list_unasked(session, now=now, limit=limit),
        left=await due.list_left(session, now=now, limit=limit),
        others=await due.list_others(session, now=now, limit=limit),
    )
    return in_turn[:limit]


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when there will be something to decide."""
    instants = [
        await cases.find_next_due(session, column=Case.dispatch_due_at, states=UNCLAIMED),
        await cases.find_next_due(session, column=Case.step_due_at, states=UNCLAIMED),
        await due.find_next_claim_due(session),
    ]
    return min((each for each in instants if each is not None), default=None)


async def put_off(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Look again in a minute, at a P1 in 15 s, at a case for which nothing could be decided."""
    case = await cases.lock_case(session, case_id)
    later = now + (RETRY if case.priority == Priority.P1 else _AFTER_FAILURE)
    await cases.change(
        session,
        case_id,
        dispatch_due_at=case.dispatch_due_at and max(case.dispatch_due_at, later),
        step_due_at=case.step_due_at and max(case.step_due_at, later),
    )
    held = await repository.find_standing(session, case_id)
    if held is not None and held.due_at is not None:
        await repository.change_claim(
            session, held.id, due_at=max(held.due_at, later), late_again_at=later
        )


async def look_again(
    session: AsyncSession, radiologist_ids: Iterable[int], *, now: datetime
) -> None:
    """Make due what is offered to one of these readers who is off guard, or called to a site."""
    left = await repository.list_left_behind(session, radiologist_ids, now=now)
    await cases.make_due(session, left, cause=None, now=now)
