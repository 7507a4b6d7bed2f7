"""What dispatch has to do, and when."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.cases.domain.states import UNCLAIMED, CaseState
from app.cases.models import Case
from app.dispatch import repository
from app.dispatch.domain.policy import RETRY

_AFTER_FAILURE = timedelta(minutes=1)


async def find_due(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Find the cases to be nominated, whose step is due, whose claim is; the most urgent first.

    Returns
    -------
    list
        At most `limit`, of each kind in turn: a crowd of new cases does not keep the steps waiting.
    """
    to_nominate = await cases.find_due(
        session, column=Case.dispatch_due_at, states=UNCLAIMED, now=now, limit=limit
    )
    to_widen = await cases.find_due(
        session, column=Case.step_due_at, states=UNCLAIMED, now=now, limit=limit
    )
    to_watch = await repository.find_due_claims(session, now=now, limit=limit)
    late = await repository.find_late(session, now=now, limit=limit)
    in_turn = chain.from_iterable(zip_longest(to_nominate, to_widen, to_watch, late))
    return list(dict.fromkeys(each for each in in_turn if each is not None))[:limit]


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when there will be something to decide."""
    instants = [
        await cases.find_next_due(session, column=Case.dispatch_due_at, states=UNCLAIMED),
        await cases.find_next_due(session, column=Case.step_due_at, states=UNCLAIMED),
        await repository.find_next_claim_due(session),
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
    for case_id in await repository.list_left_behind(session, radiologist_ids, now=now):
        case = await cases.lock_case(session, case_id)
        if CaseState(case.state) is CaseState.NOMINATED:
            await cases.change(session, case_id, dispatch_due_at=now)
