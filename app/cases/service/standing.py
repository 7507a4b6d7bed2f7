"""Tasks of a case: raised and settled where its timeline says so."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.timeline import EventKind
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task


def subject_of(case_id: int) -> str:
    """Name a case as the subject of a task."""
    return f"case:{case_id}"


def subject_of_study(study_id: int) -> str:
    """Name a study as the subject of a task."""
    return f"study:{study_id}"


async def raise_case_task(
    session: AsyncSession,
    kind: TaskKind,
    *,
    case_id: int,
    now: datetime,
    subject: str | None = None,
    radiologist_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> int | None:
    """Raise a task of a case for its reader and its site; nothing when one of its kind stood.

    Parameters
    ----------
    subject
        What it is about, when that is not the case as a whole.
    radiologist_id
        Who must do it above all, when that is not who reads the case.
    """
    case = await repository.get_case(session, case_id)
    task_id = await tasks.raise_task(
        session,
        kind,
        subject=subject or subject_of(case_id),
        now=now,
        case_id=case_id,
        site_id=case.site_id,
        radiologist_id=radiologist_id or case.reader_id,
        detail=detail,
    )
    if task_id is not None:
        await repository.add_event(
            session,
            case_id=case_id,
            kind=EventKind.TASK_RAISED,
            now=now,
            by_user_id=None,
            detail={"task": task_id, "kind": kind.value},
        )
    return task_id


async def settle_case_task(
    session: AsyncSession, kind: TaskKind, *, case_id: int, outcome: str, now: datetime
) -> bool:
    """Settle what the platform sees to be done of a case; tell whether such a task stood."""
    return await settle_about(session, kind, subject=subject_of(case_id), outcome=outcome, now=now)


async def settle_about(
    session: AsyncSession, kind: TaskKind, *, subject: str, outcome: str, now: datetime
) -> bool:
    """Settle what the platform sees to be done of a subject; its case, if it has one, is told."""
    task = await tasks.find_standing(session, kind, subject=subject)
    if task is None or not await tasks.settle_by_itself(
        session, kind, subject=subject, outcome=outcome, now=now
    ):
        return False
    await note_settled(session, task, outcome=outcome, by_user_id=None, now=now)
    return True


async def settle_all(
    session: AsyncSession, *, case_id: int, outcome: str, by_user_id: int | None, now: datetime
) -> None:
    """Settle every task that still stands for a case: it is set aside."""
    for task in await tasks.settle_of_case(
        session, case_id=case_id, outcome=outcome, by_user_id=by_user_id, now=now
    ):
        await note_settled(session, task, outcome=outcome, by_user_id=by_user_id, now=now)


async def note_settled(
    session: AsyncSession, task: Task, *, outcome: str, by_user_id: int | None, now: datetime
) -> None:
    """Put on the timeline of a task's case how it was settled; nothing when it has no case."""
    if task.case_id is not None:
        await repository.add_event(
            session,
            case_id=task.case_id,
            kind=EventKind.TASK_SETTLED,
            now=now,
            by_user_id=by_user_id,
            reason=outcome,
            detail={"task": task.id, "kind": task.kind},
        )
