"""Use cases of the telephone: a critical finding rings until somebody has said it back.

A call that was made is a fact and is always logged. It settles what it was made for:

- a critical finding, only when somebody was reached and read it back; each finding has a task of
  its own and is confirmed by a call that names it;
- the tasks "call the site" of its case, as soon as somebody was reached;
- the clock of the first result, when the reader of the case told one.
"""

from contextlib import suppress
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.kit.errors import Conflict, NotAllowed, NotFound
from app.reports.domain.calls import READ_BACK, CallMade, check_call
from app.reports.domain.versions import Means, check_line
from app.reports.events import CallLogged, CriticalFound
from app.reports.repository import calls
from app.reports.service.signing import give_preliminary
from app.reports.service.writing import identify
from app.tasks import repository as task_rows
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task

_WITH_FINDINGS = frozenset(
    {CaseState.READING, CaseState.SIGNED, CaseState.DELIVERED, CaseState.ACKNOWLEDGED}
)
_TOLD = "told by telephone"


async def note_critical(
    session: AsyncSession, *, case_id: int, text: str, actor: Actor, now: datetime
) -> CriticalFound:
    """Note a finding that somebody at the site must hear, and ask for the call.

    Any radiologist who may write there notes it: a second look finds it too.

    Raises
    ------
    Conflict
        If nobody reads or has read the case.
    Invalid
        If the text is missing or cannot be kept.
    NotAllowed
        If the actor is no radiologist.
    """
    check_line(text, name="the critical finding")
    user_id, radiologist_id = identify(actor)
    case = await _lock_read_case(session, case_id)
    number = await calls.count_findings(session, case_id) + 1
    task_id = await _raise_call(session, case, number=number, noted_by=radiologist_id, now=now)
    finding_id = await calls.add_finding(
        session,
        case_id=case_id,
        task_id=task_id,
        radiologist_id=radiologist_id,
        text=text,
        now=now,
    )
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.CRITICAL_FOUND,
        now=now,
        by_user_id=user_id,
        detail={"finding": finding_id, "number": number},
    )
    await cases.change(session, case_id, critical_at=case.critical_at or now)
    return CriticalFound(case_id=case_id, finding_id=finding_id, task_id=task_id)


async def _lock_read_case(session: AsyncSession, case_id: int) -> Case:
    """Lock a case that somebody reads or has read."""
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in _WITH_FINDINGS:
        raise Conflict(f"case {case_id} is {case.state}: claim it before you note what it shows")
    return case


async def _raise_call(
    session: AsyncSession, case: Case, *, number: int, noted_by: int, now: datetime
) -> int:
    subject = f"critical:{case.id}:{number}"
    task_id = await tasks.raise_task(
        session,
        TaskKind.CRITICAL_CALL,
        subject=subject,
        now=now,
        case_id=case.id,
        site_id=case.site_id,
        radiologist_id=noted_by,
        detail={"number": number, "telephone": await calls.get_telephone(session, case.id)},
    )
    if task_id is None:
        # The case's row is held and findings are only added: only a hand in the tables does this.
        raise Conflict(f"a task for {subject} stands without a finding: settle it, then note again")
    return task_id


async def log_call(
    session: AsyncSession, *, case_id: int, call: CallMade, actor: Actor, now: datetime
) -> CallLogged:
    """Log a call that was made about a case, and settle what it settles.

    Of two calls that confirm one finding at once both are logged, and the first confirms it.

    Raises
    ------
    Invalid
        If the call contradicts itself or does not say who was told.
    NotFound
        If the task that it names is not one of the case.
    NotTheReader
        If it told a first result, and the caller does not read the case now.
    """
    check_call(call)
    if actor.user_id is None:
        raise NotAllowed("a call is made by a person, never by the platform itself")
    case = await cases.lock_case(session, case_id)
    standing = await _list_standing(session, case_id, named=call.task_id)
    call_id = await _keep(session, case_id, call=call, by_user_id=actor.user_id, now=now)
    confirmed = await _confirm(
        session, case, call=call, standing=standing, by_user_id=actor.user_id, now=now
    )
    await _settle_site_calls(session, call, standing, by_user_id=actor.user_id, now=now)
    return CallLogged(
        case_id=case_id,
        call_id=call_id,
        reached=call.reached,
        confirmed=confirmed,
        preliminary_id=await _tell_result(session, case_id, call=call, actor=actor, now=now),
    )


async def _keep(
    session: AsyncSession, case_id: int, *, call: CallMade, by_user_id: int, now: datetime
) -> int:
    """Keep that a call was made, and put it on the timeline; return its id."""
    call_id = await calls.add_call(
        session, case_id=case_id, call=call, by_user_id=by_user_id, now=now
    )
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.CALL_MADE,
        now=now,
        by_user_id=by_user_id,
        detail={"call": call_id, "outcome": call.outcome.value},
    )
    return call_id


async def _list_standing(session: AsyncSession, case_id: int, *, named: int | None) -> list[Task]:
    """List the tasks of a case that nobody has settled; the one that is named must be its own."""
    found = await task_rows.list_of_case(session, case_id)
    if named is not None and named not in {task.id for task in found}:
        raise NotFound(f"case {case_id} has no task {named}: name one of its own, or none")
    return [task for task in found if task.settled_at is None]


async def _confirm(
    session: AsyncSession,
    case: Case,
    *,
    call: CallMade,
    standing: list[Task],
    by_user_id: int,
    now: datetime,
) -> bool:
    """Settle the critical finding that was said back; tell whether it was."""
    await cases.touch(session, case.id)
    task = next((task for task in standing if task.id == call.task_id), None)
    if task is None or task.kind != TaskKind.CRITICAL_CALL or not call.confirms:
        return False
    try:
        await tasks.settle(session, task.id, outcome=READ_BACK, by_user_id=by_user_id, now=now)
    except tasks.TaskSettled:
        return False
    await cases.add_event(
        session,
        case_id=case.id,
        kind=EventKind.CRITICAL_CONFIRMED,
        now=now,
        by_user_id=by_user_id,
        detail={"task": task.id},
    )
    since = await calls.find_unconfirmed_since(session, case.id)
    await cases.change(session, case.id, critical_at=since)
    return True


async def _settle_site_calls(
    session: AsyncSession, call: CallMade, standing: list[Task], *, by_user_id: int, now: datetime
) -> None:
    if not call.reached:
        return
    for task in standing:
        if task.kind in {TaskKind.CALL_SITE, TaskKind.USE_FALLBACK}:
            # The hospital's node may have accepted the report, or a reader taken the case, now.
            with suppress(tasks.TaskSettled):
                await tasks.settle(session, task.id, outcome=_TOLD, by_user_id=by_user_id, now=now)


async def _tell_result(
    session: AsyncSession, case_id: int, *, call: CallMade, actor: Actor, now: datetime
) -> int | None:
    if not call.result:
        return None
    given = await give_preliminary(
        session,
        case_id=case_id,
        text=call.result,
        told_to=call.told_to,
        means=Means.TELEPHONE,
        actor=actor,
        now=now,
    )
    return given.preliminary_id
