"""What dispatch has to do, and when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.dispatch import repository

_TO_NOMINATE = frozenset({CaseState.OPEN, CaseState.NOMINATED})
_TO_WIDEN = frozenset({CaseState.NOMINATED})
_AFTER_FAILURE = timedelta(minutes=1)


async def find_due(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Find the cases to be nominated, then those whose next step is due; the most urgent first.

    Returns
    -------
    list
        At most `limit` of each kind: a crowd of new cases does not keep the steps waiting.
    """
    to_nominate = await cases.find_due(
        session, column=Case.dispatch_due_at, states=_TO_NOMINATE, now=now, limit=limit
    )
    to_widen = await cases.find_due(
        session, column=Case.step_due_at, states=_TO_WIDEN, now=now, limit=limit
    )
    return list(dict.fromkeys([*to_nominate, *to_widen]))


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when there will be something to decide."""
    instants = [
        await cases.find_next_due(session, column=Case.dispatch_due_at, states=_TO_NOMINATE),
        await cases.find_next_due(session, column=Case.step_due_at, states=_TO_WIDEN),
    ]
    return min((each for each in instants if each is not None), default=None)


async def put_off(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Look again in a minute at a case for which nothing could be decided."""
    case = await cases.lock_case(session, case_id)
    later = now + _AFTER_FAILURE
    await cases.change(
        session,
        case_id,
        dispatch_due_at=case.dispatch_due_at and max(case.dispatch_due_at, later),
        step_due_at=case.step_due_at and max(case.step_due_at, later),
    )


async def look_again(
    session: AsyncSession, radiologist_ids: Iterable[int], *, now: datetime
) -> None:
    """Make due what is offered to one of these readers who is no longer on guard."""
    for case_id in await repository.list_left_behind(session, radiologist_ids, now=now):
        case = await cases.lock_case(session, case_id)
        if CaseState(case.state) in _TO_WIDEN:
            await cases.change(session, case_id, dispatch_due_at=now)
