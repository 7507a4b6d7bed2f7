"""Use case of the auditor: every minute it proves that no open case is forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import CaseAction, CaseState
from app.db.apart import succeeds
from app.db.locks import limit_waits
from app.dispatch import repository as offers
from app.dispatch.domain.auditor import AUDIT_EVERY, CaseAudited, Fault, find_faults
from app.dispatch.repository import auditor as repository
from app.dispatch.repository.failover import find_silence
from app.requests.models import Request
from app.requests.repository.requests import change
from app.requests.service.deciding import find_images_due
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

_KEPT = timedelta(days=7)
_LONGEST_WAIT = timedelta(seconds=2)
"""A case that somebody holds for longer than that must not keep the others from being told of."""
_HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit proved, or found."""

    case_count: int
    faults: Mapping[int, tuple[Fault, ...]]
    """By case; empty: every open case has an owner and a deadline to come."""
    is_well: bool
    """May the outside be told that we live? Not while what was found before is still so, or people
    could not be told of it, nor while a mass silence lasts."""


async def audit_due(session: AsyncSession, *, now: datetime) -> Audited | None:
    """Look at every open case, if the last audit was a minute ago; the caller lets only one in.

    What is found is told to people, once a case, and mended by making it due; it is settled when
    the next audit does not find it again. One case that cannot be told of or mended keeps no other
    from it.
    """
    last = await repository.find_last_audit(session)
    # A clock that was set back must not silence the auditor until it has caught up.
    if last is not None and timedelta(0) <= now - last < AUDIT_EVERY:
        return None
    await limit_waits(session, _LONGEST_WAIT)
    await _ask_again(session, now=now)
    audited = await repository.list_audited(session)
    found = {each.case_id: (each, find_faults(each, now=now)) for each in audited}
    faults = {case_id: pair[1] for case_id, pair in found.items() if pair[1]}
    before = await _settle_mended(session, faults, now=now)
    untold = set()
    for case_id, wrong in faults.items():
        if not await succeeds(
            session, partial(_raise, session, case_id, wrong, now=now), case=case_id
        ):
            untold.add(case_id)
        await succeeds(session, partial(_mend, session, found[case_id][0], now=now), case=case_id)
    await repository.add_audit(session, case_count=len(audited), finding_count=len(faults), now=now)
    await repository.forget_audits(session, before=now - _KEPT)
    is_silent = await find_silence(session) is not None
    return Audited(
        case_count=len(audited),
        faults=faults,
        is_well=not is_silent and not untold and not before & faults.keys(),
    )


async def _ask_again(session: AsyncSession, *, now: datetime) -> None:
    """Let sites be asked again in time for images that they said why they had not sent."""
    by_id = {each.id: each for each in await repository.list_unasked(session)}
    for request_id, request in by_id.items():
        await succeeds(session, partial(_ask_one, session, request, now=now), request=request_id)


async def _ask_one(session: AsyncSession, request: Request, *, now: datetime) -> None:
    due_at = await find_images_due(session, request, now=now)
    await change(session, request.id, images_due_at=due_at)


async def _settle_mended(
    session: AsyncSession, faults: Mapping[int, Sequence[Fault]], *, now: datetime
) -> set[int]:
    """Settle the tasks of cases that are well now, and give the cases that were told of before."""
    standing = await tasks.list_standing(session, TaskKind.CASE_FORGOTTEN)
    told = {each.case_id for each in standing if each.case_id is not None}
    for case_id in sorted(told - faults.keys()):
        await succeeds(session, partial(_settle, session, case_id, now=now), case=case_id)
    return told


async def _settle(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    await case_service.settle_case_task(
        session, TaskKind.CASE_FORGOTTEN, case_id=case_id, outcome="mended", now=now
    )


async def _raise(
    session: AsyncSession, case_id: int, faults: Sequence[Fault], *, now: datetime
) -> None:
    await case_service.raise_case_task(
        session,
        TaskKind.CASE_FORGOTTEN,
        case_id=case_id,
        detail={"faults": [each.value for each in faults]},
        now=now,
    )


async def _mend(session: AsyncSession, audited: CaseAudited, *, now: datetime) -> None:
    case = await cases.lock_case(session, audited.case_id)
    state = CaseState(case.state)
    if state is not audited.state:
        return  # Somebody was quicker.
    if state is CaseState.READING:
        await _mend_claim(session, audited, now=now)
    elif audited.has_images:
        due = case.dispatch_due_at
        await cases.change(session, case.id, dispatch_due_at=now if due is None else min(due, now))


async def _mend_claim(session: AsyncSession, audited: CaseAudited, *, now: datetime) -> None:
    """Let somebody look at a claim at once; a case that nobody holds any more is offered anew."""
    standing = await offers.find_standing(session, audited.case_id)
    if standing is not None and standing.radiologist_id == audited.reader_id:
        await offers.change_claim(session, standing.id, due_at=now)
        return
    await offers.end_claim(session, case_id=audited.case_id, reason="failed over", now=now)
    await cases.move(
        session,
        audited.case_id,
        action=CaseAction.FAIL_OVER,
        now=now,
        by_user_id=None,
        reason="nobody held its claim",
        reader_id=None,
        step=0,
        dispatch_due_at=now,
    )


async def find_next_audit(session: AsyncSession) -> datetime | None:
    """Find when the next audit is due; nothing: at once."""
    last = await repository.find_last_audit(session)
    return None if last is None else last + AUDIT_EVERY


async def note_heartbeat(session: AsyncSession, *, failure: str | None, now: datetime) -> None:
    """Keep whether the outside could be told that we live; people are told when it could not."""
    if failure is None:
        await tasks.settle_by_itself(
            session, TaskKind.HEARTBEAT, subject=_HEARTBEAT, outcome="told", now=now
        )
        return
    await tasks.raise_task(
        session, TaskKind.HEARTBEAT, subject=_HEARTBEAT, detail={"reason": failure}, now=now
    )
