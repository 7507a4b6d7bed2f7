"""Use cases of tasks: raise, ring again, settle."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Conflict
from app.tasks import repository
from app.tasks.domain.kinds import RULES, TaskKind, find_repeat
from app.tasks.domain.settling import check_outcome, check_settler
from app.tasks.models import Task


class TaskSettled(Conflict):
    """Somebody else has settled the task."""

    def __init__(self, task_id: int) -> None:
        super().__init__(f"task {task_id} is settled already: look at it again")
        self.task_id = task_id


async def raise_task(
    session: AsyncSession,
    kind: TaskKind,
    *,
    subject: str,
    now: datetime,
    case_id: int | None = None,
    site_id: int | None = None,
    radiologist_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> int | None:
    """Raise a task, unless one of its kind stands for its subject: that one then says the new.

    Parameters
    ----------
    site_id
        Whose people see it; nothing: those of the whole group.
    detail
        What its sentence is made of: counts, titles, telephones, ids; never patient data.
    """
    own = {"case_id": case_id, "site_id": site_id, "radiologist_id": radiologist_id}
    return await _raise(session, kind, own | {"subject": subject}, detail=detail, now=now)


async def raise_task_of_society(
    session: AsyncSession,
    kind: TaskKind,
    *,
    subject: str,
    now: datetime,
    society_id: int | None,
    radiologist_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> int | None:
    """Raise a task that is about no site, as `raise_task`.

    Parameters
    ----------
    society_id
        Whose people see it beside those of the whole group.
    """
    own = {"society_id": society_id, "radiologist_id": radiologist_id}
    return await _raise(session, kind, own | {"subject": subject}, detail=detail, now=now)


async def _raise(
    session: AsyncSession,
    kind: TaskKind,
    own: Mapping[str, object],
    *,
    detail: Mapping[str, object] | None,
    now: datetime,
) -> int | None:
    told = dict(detail or {})
    task_id = await repository.add_task(
        session,
        {
            **own,
            "kind": kind.value,
            "roles": list(RULES[kind].roles),
            "detail": told,
            "raised_at": now,
            "repeat_at": find_repeat(kind, now=now),
        },
    )
    if task_id is None:
        await repository.refresh_detail(
            session, kind=kind.value, subject=str(own["subject"]), detail=told
        )
    return task_id


async def settle(
    session: AsyncSession, task_id: int, *, outcome: str, by_user_id: int, now: datetime
) -> Task:
    """Settle a task by what a person has done; the caller has seen to it that this is enough.

    Raises
    ------
    NotFound
        If there is none.
    TaskSettled
        If it was settled before.
    """
    task = await repository.get_task(session, task_id)
    settled = await repository.settle(
        session, task_id, outcome=outcome, by_user_id=by_user_id, now=now
    )
    if not settled:
        raise TaskSettled(task_id)
    return task


async def settle_by_word(
    session: AsyncSession,
    task_id: int,
    *,
    outcome: str,
    by_user_id: int,
    is_radiologist: bool,
    is_site: bool,
    now: datetime,
) -> Task:
    """Settle a task because a person says that it is done.

    Parameters
    ----------
    outcome
        What was done, 1 to 500 characters; no patient data.
    is_radiologist, is_site
        What the person is; whether they see the task at all is the caller's to know.

    Raises
    ------
    NotFound
        If there is none.
    Invalid
        If the outcome is empty or too long.
    NotAllowed, SettledElsewhere
        If this kind is not settled by this person's word.
    TaskSettled
        If it was settled before.
    """
    check_outcome(outcome)
    task = await repository.get_task(session, task_id)
    check_settler(TaskKind(task.kind), is_radiologist=is_radiologist, is_site=is_site)
    return await settle(session, task_id, outcome=outcome, by_user_id=by_user_id, now=now)


async def find_standing(session: AsyncSession, kind: TaskKind, *, subject: str) -> Task | None:
    """Find the task of a kind that stands for a subject."""
    return await repository.find_standing(session, kind=kind.value, subject=subject)


async def list_standing(session: AsyncSession, kind: TaskKind) -> Sequence[Task]:
    """List the standing tasks of a kind, oldest first."""
    return await repository.list_standing(session, kind=kind.value)


async def find_last_settled(
    session: AsyncSession, kind: TaskKind, *, subject: str
) -> datetime | None:
    """Find when a task of a kind was last settled for a subject."""
    return await repository.find_last_settled(session, kind=kind.value, subject=subject)


async def settle_of_case(
    session: AsyncSession, *, case_id: int, outcome: str, by_user_id: int | None, now: datetime
) -> list[Task]:
    """Settle every standing task of a case, and give them."""
    standing = [
        task for task in await repository.list_of_case(session, case_id) if task.settled_at is None
    ]
    return [
        task
        for task in standing
        if await repository.settle(
            session, task.id, outcome=outcome, by_user_id=by_user_id, now=now
        )
    ]


async def follow(
    session: AsyncSession, *, from_case_id: int, to_case_id: int, subjects: Collection[str]
) -> None:
    """Let what must be done about studies or requests go with them to another case."""
    await repository.follow(
        session, from_case_id=from_case_id, to_case_id=to_case_id, subjects=subjects
    )


async def pass_on(
    session: AsyncSession,
    *,
    case_id: int,
    from_radiologist_id: int,
    to_radiologist_id: int,
    task_id: int | None = None,
) -> None:
    """Let what one radiologist must do about a case be another's.

    Parameters
    ----------
    task_id
        Only this one; nothing: all that stand.
    """
    await repository.pass_on(
        session,
        case_id=case_id,
        from_radiologist_id=from_radiologist_id,
        to_radiologist_id=to_radiologist_id,
        task_id=task_id,
    )


async def move_to_site(
    session: AsyncSession, *, case_id: int, site_id: int, telephone: str
) -> None:
    """Let what must be done about a case be shown to another site's people, with its telephone."""
    for task in await repository.list_of_case(session, case_id):
        if task.settled_at is None:
            task.site_id = site_id
            if "telephone" in task.detail:
                task.detail = {**task.detail, "telephone": telephone}
    await session.flush()


async def settle_by_itself(
    session: AsyncSession, kind: TaskKind, *, subject: str, outcome: str, now: datetime
) -> bool:
    """Settle what the platform sees to be done; tell whether such a task stood."""
    task = await repository.find_standing(session, kind=kind.value, subject=subject)
    if task is None:
        return False
    return await repository.settle(session, task.id, outcome=outcome, by_user_id=None, now=now)


async def ring_due(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Let tasks ring again that nobody has settled; return how many."""
    due = await repository.lock_due(session, now=now, limit=limit)
    for task in due:
        task.rung_count += 1
        task.repeat_at = find_repeat(TaskKind(task.kind), now=now)
    await session.flush()
    return len(due)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next task rings again."""
    return await repository.find_next_due(session)
